"""The request being served, as corrections need it: its operation, its fields and who signed it."""

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from keystead_sandbox.local_aws.patches import ministack


@dataclass(frozen=True, slots=True)
class Request:
    """One API call: `fields` are its JSON members, or the parameters of a query-protocol call."""

    operation: str
    access_key: str = field(repr=False)
    fields: dict[str, Any] = field(repr=False)


_request: ContextVar[Request | None] = ContextVar("keystead_request", default=None)


def current() -> Request | None:
    """The call being served; None in what the account does by itself."""
    return _request.get()


def principal() -> Any:
    """Who signed the call being served, with its policies; None when the account acts by itself."""
    request = current()
    if request is None:
        return None
    evaluator = ministack.module("core.iam_evaluator")
    found = evaluator.resolve_principal(request.access_key, ministack.module("core.responses").get_account_id())
    return None if isinstance(found, evaluator.AuthError) else found


def _fields(headers: dict[str, str], body: bytes, query: dict[str, Any]) -> dict[str, Any]:
    if "json" in headers.get("content-type", ""):
        try:
            content = json.loads(body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}
    parameters = {name: values[0] if isinstance(values, list) else values for name, values in query.items()}
    if body and "form" in headers.get("content-type", ""):
        parameters |= {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    return parameters


def install() -> None:
    """Keep the request while ministack serves it."""
    application = ministack.module("app")
    access_key_of = ministack.original(ministack.module("core.router"), "extract_access_key_id")
    dispatch = ministack.original(application, "_dispatch_service_request")

    async def keep(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Any:
        fields = _fields(headers, body, query)
        operation = headers.get("x-amz-target", "").rpartition(".")[2] or str(fields.get("Action", ""))
        token = _request.set(Request(operation, access_key_of(headers, query) or "", fields))
        try:
            return await dispatch(method, path, headers, body, query, request_id)
        finally:
            _request.reset(token)

    ministack.replace(application, "_dispatch_service_request", keep)
