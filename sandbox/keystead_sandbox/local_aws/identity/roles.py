"""Roles of the account, as policies and services need them."""

import secrets
from typing import Any

from keystead_sandbox.local_aws.identity import propagation
from keystead_sandbox.local_aws.identity.requests import resolved
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import account_of

Role = dict[str, Any]

SERVICE_SECONDS = 60
"""How long the session of a service lasts; it is used at once."""


def named(account: str, name: str) -> Role | None:
    """The role of an account with this name."""
    found: Role | None = ministack.get("services.iam", "_roles").get_scoped(account, None, name)
    return found


def find(arn: str) -> Role | None:
    """The role an ARN names, path included, as services see it."""
    account, name = account_of(arn), arn.rpartition("/")[2]
    role = propagation.seen(account, name, named(account, name))
    return role if role and role["Arn"] == arn else None


def role_of(arn: str) -> str:
    """The ARN that aws:PrincipalArn holds: of a role session it is the role, with its path, not the session."""
    if ":assumed-role/" not in arn:
        return arn
    account, name = account_of(arn), arn.split("/")[1]
    role = named(account, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def register_session(role_arn: str, name: str, **more: Any) -> dict[str, str]:
    """Random credentials of a new session of a role; whoever gives them away has checked that it may."""
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(32)
    account, role = account_of(role_arn), role_arn.rpartition("/")[2]
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "UserId": f"{(named(account, role) or {}).get('RoleId', role)}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        **more,
    }
    ministack.module("services.sts").register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def service_session(role_arn: str) -> Any:
    """The principal a service is that has assumed a role."""
    expires = ministack.get("services.sts", "time").time() + SERVICE_SECONDS
    return resolved(register_session(role_arn, "aws-service", Expiration=expires)["AWS_ACCESS_KEY_ID"])
