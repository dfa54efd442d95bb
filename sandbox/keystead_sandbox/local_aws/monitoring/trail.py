"""CloudTrail records with the real caller, without values, and with what was refused.

ministack records an access key as user name, always 127.0.0.1 as address, and only calls that passed authorization.
Source: CloudTrail user guide, "CloudTrail record contents" (userIdentity, sourceIPAddress, vpcEndpointId, errorCode).
"""

import json
from contextvars import ContextVar
from typing import Any

from keystead_sandbox.local_aws.identity import callers, requests
from keystead_sandbox.local_aws.identity.conditions import role_of
from keystead_sandbox.local_aws.patches import ministack

VALUES = frozenset({"ciphertextblob", "mac", "message", "plaintext", "rotationtoken", "secretbinary", "secretstring"})
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

_refused: ContextVar[tuple[str, str] | None] = ContextVar("keystead_refused", default=None)
_recorded: ContextVar[list[str] | None] = ContextVar("keystead_recorded", default=None)


def install() -> None:
    """Put caller, address and refusals into what ministack records."""
    ministack.wrap(ministack.module("services.cloudtrail"), "record_event", _completed)
    ministack.wrap(ministack.module("app"), "_dispatch_service_request", _with_refusals)


def _with_refusals(known: Any) -> Any:
    application, router = ministack.module("app"), ministack.module("core.router")
    record, detect = (
        ministack.original(application, "_maybe_record_cloudtrail"),
        ministack.original(router, "detect_service"),
    )
    region_of = ministack.original(router, "extract_region")
    parameters_of = ministack.original(application, "_routing_params")

    async def dispatch(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Any:
        seen: list[str] = []
        _recorded.set(seen)
        _refused.set(None)
        response = await known(method, path, headers, body, query, request_id)
        if response[0] >= 400 and not seen:
            _refused.set(_error(response))
            service = detect(method, path, headers, parameters_of(method, path, headers, body, query))
            record(service, method, path, headers, body, query, request_id, region_of(headers))
        return response

    return dispatch


def _completed(known: Any) -> Any:
    trail = ministack.module("services.cloudtrail")
    events = ministack.original(trail, "_get_event_queue")

    def record(**details: Any) -> None:
        known(**{**details, "request_params": _without_values(details["request_params"])})
        entry = events()[-1]
        content = json.loads(entry["CloudTrailEvent"])
        content |= _origin() | _identity(content["userIdentity"])
        refused = _refused.get()
        if refused:
            content["errorCode"], content["errorMessage"] = refused
        entry["CloudTrailEvent"] = json.dumps(content)
        entry["Username"] = content["userIdentity"].get("userName") or content["userIdentity"]["arn"].rpartition("/")[2]
        seen = _recorded.get()
        if seen is not None:
            seen.append(entry["EventId"])

    return record


def _origin() -> dict[str, Any]:
    caller = callers.current()
    if caller is None:
        return {}
    endpoint = {"vpcEndpointId": caller.vpce} if caller.vpce else {}
    return {"sourceIPAddress": caller.address, **endpoint}


def _identity(recorded: dict[str, Any]) -> dict[str, Any]:
    principal = requests.principal()
    if principal is None:
        return {}
    who = {**recorded, "type": principal.type, "arn": principal.arn, "accountId": principal.account}
    if principal.type == "AssumedRole":
        role = role_of(principal.arn)
        issuer = {"type": "Role", "arn": role, "accountId": principal.account, "userName": role.rpartition("/")[2]}
        who |= {"sessionContext": {"sessionIssuer": issuer}, "userName": None}
    else:
        who |= {"type": "IAMUser", "userName": principal.arn.rpartition("/")[2]}
    return {"userIdentity": {name: value for name, value in who.items() if value is not None}}


def _without_values(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name.lower() in VALUES else value for name, value in parameters.items()}


def _error(response: Any) -> tuple[str, str]:
    try:
        content = json.loads(response[2])
    except (ValueError, TypeError):
        return "AccessDenied", ""
    code = str(content.get("__type") or "AccessDenied").rpartition("#")[2]
    return code, str(content.get("message") or content.get("Message") or "")
