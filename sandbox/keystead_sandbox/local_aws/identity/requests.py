"""The request being served, as services need it: its operation, its fields and who signed it."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import here
from keystead_sandbox.local_aws.protocol.operations import Wire


@dataclass(frozen=True, slots=True)
class Request:
    """One API call: `fields` are its JSON members, or the parameters of a query-protocol call."""

    operation: str
    access_key: str = field(repr=False)
    fields: dict[str, Any] = field(repr=False)


_request: ContextVar[Request | None] = ContextVar("keystead_request", default=None)


def keep(wire: Wire) -> None:
    """Remember the request that is served in this context."""
    access_key = ministack.module("core.router").extract_access_key_id(wire.headers, wire.query) or ""
    _request.set(Request(wire.operation, access_key, wire.fields))


def current() -> Request | None:
    """The call being served; None in what the account does by itself."""
    return _request.get()


def principal() -> Any:
    """Who signed the call being served, with its policies; None when the account acts by itself."""
    request = current()
    return resolved(request.access_key) if request else None


def resolved(access_key: str) -> Any:
    """The principal an access key belongs to, with its policies; None when nobody has it."""
    evaluator = ministack.module("core.iam_evaluator")
    found = evaluator.resolve_principal(access_key, here()[0])
    return None if isinstance(found, evaluator.AuthError) else found
