"""Who can be named in the spec: principals of either cloud, role patterns, AWS services, e-mail addresses."""

import re
from collections.abc import Iterable

from keystead.model.clouds import Cloud
from keystead.model.gcp.principals import is_member

_PARTITION = r"aws(-[a-z]+)*"
_PATH_AND_NAME = r"([\x21-\x2e\x30-\x7e]+/)*[\w+=,.@-]{1,64}"
_PRINCIPAL = re.compile(rf"arn:{_PARTITION}:iam::(\d{{12}}):(root|(role|user)/{_PATH_AND_NAME})", re.ASCII)
_ROLE_PATTERN = re.compile(rf"arn:{_PARTITION}:iam::\d{{12}}:role/[\w+=,.@/*?-]{{1,576}}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)


def account_of(principal: str) -> str | None:
    """Return the account of an IAM principal's ARN, or None where it is no such ARN."""
    match = _PRINCIPAL.fullmatch(principal)
    return match[2] if match else None


def check_principal(value: str) -> str:
    """Refuse what is no ARN of a role, a user or an account root; wildcards would let in whoever comes later."""
    if account_of(value) is None:
        raise ValueError("must be the ARN of one role, user or root, such as arn:aws:iam::123456789012:role/checkout")
    return value


def check_trusted(value: str) -> str:
    """Refuse what can be no principal of a role's trust policy: one ARN as above, or an AWS service."""
    if account_of(value) is None and not _SERVICE.fullmatch(value):
        raise ValueError(
            "must be the ARN of one role, user or root, such as arn:aws:iam::123456789012:role/checkout, "
            "or an AWS service, such as ecs-tasks.amazonaws.com"
        )
    return value


def check_second_factor(value: str) -> str:
    """Refuse who can show no second factor: sessions of roles do not carry the one they began with, services have none.

    Source: IAM User Guide, "Secure API access with MFA".
    """
    if account_of(value) is None or ":role/" in value:
        raise ValueError(
            "must be the ARN of one user or root, such as arn:aws:iam::123456789012:user/oncall: break-glass asks for "
            "a second factor, which sessions of roles (of IAM Identity Center, too) and services cannot show"
        )
    return value


def check_role_pattern(value: str) -> str:
    """Refuse what is no ARN of IAM roles of one account; `*` and `?` may stand in the role's path and name."""
    if not _ROLE_PATTERN.fullmatch(value):
        raise ValueError(
            "must be the ARN of IAM roles of one account, such as arn:aws:iam::123456789012:role/checkout-*"
        )
    return value


def check_email(value: str) -> str:
    """Refuse what is no plain e-mail address."""
    if not _EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address, such as security@example.com")
    return value


def cloud_of(principal: str) -> Cloud:
    """Return the cloud a principal belongs to: ARNs and `*.amazonaws.com` are AWS's, members of policies are GCP's."""
    return "gcp" if is_member(principal) else "aws"


def on(cloud: Cloud, principals: Iterable[str]) -> list[str]:
    """Return the principals that belong to one cloud; the other cloud takes its own from the same list."""
    return [principal for principal in principals if cloud_of(principal) == cloud]
