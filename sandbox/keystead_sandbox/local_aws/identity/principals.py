"""Principals in resource policies: AWS accepts only those that exist, and no wildcards inside an ARN.

Source: KMS developer guide, "Key policies in AWS KMS" (principals must exist and be visible to AWS KMS), and IAM user
guide, "AWS JSON policy elements: Principal" (a wildcard cannot match part of a principal name or ARN).
"""

import re
from typing import Any

from keystead_sandbox.local_aws.patches import ministack

_ACCOUNT = re.compile(r"\d{12}|arn:aws:iam::\d{12}:root")
_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(role|user)/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")
_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazon\.com)")


def named(principal: Any) -> list[str]:
    """The AWS principals of a Principal element, without services and providers."""
    if isinstance(principal, str):
        return [principal]
    aws = (principal or {}).get("AWS", []) if isinstance(principal, dict) else []
    return [aws] if isinstance(aws, str) else list(aws)


def unknown(principal: Any) -> list[str]:
    """The principals of a Principal element that AWS would refuse."""
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    services = [services] if isinstance(services, str) else services
    return [one for one in named(principal) if not _exists(one)] + [
        one for one in services if not _SERVICE.fullmatch(one)
    ]


def _exists(principal: str) -> bool:
    if principal == "*" or _ACCOUNT.fullmatch(principal):
        return True
    iam = ministack.module("services.iam")
    entity = _ENTITY.fullmatch(principal)
    session = _SESSION.fullmatch(principal)
    if session:
        account, stored, name = session[1], ministack.original(iam, "_roles"), session[2]
    elif entity:
        account, stored, name = (
            entity[1],
            ministack.original(iam, "_roles" if entity[2] == "role" else "_users"),
            entity[3],
        )
    else:
        return False
    if account != ministack.module("core.responses").get_account_id():
        return True
    found = stored.get_scoped(account, None, name)
    return found is not None and (session is not None or found["Arn"] == principal)
