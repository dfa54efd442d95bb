"""Principals of AWS that the spec may name: roles, users, account roots, AWS services, patterns of roles."""

import re

_PARTITION = r"aws(-[a-z]+)*"
_PATH_AND_NAME = r"([\x21-\x2e\x30-\x7e]+/)*[\w+=,.@-]{1,64}"
_PRINCIPAL = re.compile(rf"arn:{_PARTITION}:iam::(\d{{12}}):(root|(role|user)/{_PATH_AND_NAME})", re.ASCII)
_ROLE_PATTERN = re.compile(rf"arn:{_PARTITION}:iam::\d{{12}}:role/[\w+=,.@/*?-]{{1,576}}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?", re.ASCII)

RULE = "the ARN of one role, user or root, such as arn:aws:iam::123456789012:role/checkout"
"""What a principal has to be, to end a sentence with."""


def is_principal(value: str) -> bool:
    """Return whether a text is meant as a principal of AWS, valid or not."""
    return value.startswith("arn:") or _SERVICE.fullmatch(value) is not None


def account_of(principal: str) -> str | None:
    """Return the account of an IAM principal's ARN, or None where it is not such an ARN."""
    match = _PRINCIPAL.fullmatch(principal)
    return match[2] if match else None


def check_principal(value: str) -> str:
    """Refuse all but the ARN of a role, a user or an account root; a wildcard would include principals made later."""
    if account_of(value) is None:
        raise ValueError(f"must be {RULE}")
    return value


def check_trusted(value: str) -> str:
    """Refuse what cannot be a principal of a role's trust policy: all but one ARN as above, or an AWS service."""
    if account_of(value) is None and not _SERVICE.fullmatch(value):
        raise ValueError(f"must be {RULE}, or an AWS service, such as ecs-tasks.amazonaws.com")
    return value


def check_second_factor(value: str) -> str:
    """Refuse principals without a second factor: services have none, and role sessions do not keep that of the sign-in.

    Source: IAM User Guide, "Secure API access with MFA".
    """
    if account_of(value) is None or ":role/" in value:
        raise ValueError(
            "must be the ARN of one user or root, such as arn:aws:iam::123456789012:user/oncall: break-glass requires "
            "a second factor, which role sessions (those of IAM Identity Center as well) and services do not carry"
        )
    return value


def check_role_pattern(value: str) -> str:
    """Refuse all but the ARN of IAM roles of one account; `*` and `?` may stand in the role's path and name."""
    if not _ROLE_PATTERN.fullmatch(value):
        raise ValueError(
            "must be the ARN of IAM roles of one account, such as arn:aws:iam::123456789012:role/checkout-*"
        )
    return value
