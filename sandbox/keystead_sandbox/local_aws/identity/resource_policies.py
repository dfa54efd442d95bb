"""Resource policies as services check them: AWS accepts only principals that exist, and no wildcards inside an ARN.

Source: KMS developer guide, "Key policies in AWS KMS" (principals must exist and be visible to AWS KMS), and IAM user
guide, "AWS JSON policy elements: Principal" (a wildcard cannot match part of a principal name or ARN).
"""

import json
import re
from typing import Any

from keystead_sandbox.local_aws.identity import roles
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import malformed_policy
from keystead_sandbox.local_aws.protocol.in_process import call, here

Statement = dict[str, Any]

_ACCOUNT = re.compile(r"\d{12}|arn:aws:iam::\d{12}:root")
_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(role|user)/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")
_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazon\.com)")


def statements(policy: str, unreadable: str, invalid: str) -> list[Statement]:
    """The statements of a policy; refused with the text `unreadable`, or `invalid` with what is wrong in it."""
    try:
        document = json.loads(policy)
    except ValueError as error:
        raise malformed_policy(unreadable) from error
    problem = ministack.module("core.iam_evaluator").validate_policy_document(document)
    if problem:
        raise malformed_policy(invalid.format(problem))
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


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
    entity, session = _ENTITY.fullmatch(principal), _SESSION.fullmatch(principal)
    found = entity or session
    if not found:
        return False
    if found[1] != here()[0]:
        return True
    if session:
        return roles.named(session[1], session[2]) is not None
    if entity and entity[2] == "role":
        return roles.find(principal) is not None
    status, _, body = call("iam", "GetUser", {"UserName": principal.rpartition("/")[2]})
    return status == 200 and f"<Arn>{principal}</Arn>".encode() in body
