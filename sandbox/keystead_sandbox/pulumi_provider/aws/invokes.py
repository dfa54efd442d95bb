"""The functions the plugin answers: who the caller is and which region it works in; any other is refused by name."""

from collections.abc import Callable
from typing import Any

from keystead_sandbox.pulumi_provider.aws.sessions import Session
from keystead_sandbox.pulumi_provider.errors import ConfigurationError, UnsupportedError


def _caller(session: Session, _: dict[str, Any]) -> dict[str, Any]:
    answer = session.client("sts").get_caller_identity()
    return {
        "id": answer["Account"],
        "accountId": answer["Account"],
        "arn": answer["Arn"],
        "userId": answer["UserId"],
    }


def _region(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    name = arguments.get("region") or arguments.get("name") or session.region
    return {"id": name, "name": name, "region": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": name}


FUNCTIONS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
}


def invoke(token: str, arguments: dict[str, Any], session: Session | None) -> dict[str, Any]:
    """Answer a function of the provider."""
    if token not in FUNCTIONS:
        raise UnsupportedError(f"the sandbox cannot answer {token}; it answers {', '.join(sorted(FUNCTIONS))}")
    if session is None:
        raise ConfigurationError(f"{token}: the provider is not configured")
    return FUNCTIONS[token](session, arguments)
