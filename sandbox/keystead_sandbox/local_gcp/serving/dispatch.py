"""From an HTTP request to the answer of a method: route, caller, schema, service, permission, handler."""

import html
import logging
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qsl

from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.api import schema
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, info
from keystead_sandbox.local_gcp.functions import workers
from keystead_sandbox.local_gcp.methods import permissions
from keystead_sandbox.local_gcp.methods.call import Call, handler_of
from keystead_sandbox.local_gcp.methods.standard import standard
from keystead_sandbox.local_gcp.serving import audit
from keystead_sandbox.local_gcp.serving.requests import Request, Response
from keystead_sandbox.local_gcp.settings import project_of_account
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.faults import Fault

Result = TypeVar("Result")
logger = logging.getLogger("keystead.gcp")

CREDENTIALS = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project."
)
INVALID = f"Request had invalid authentication credentials. {CREDENTIALS}"
MISSING = f"Request is missing required authentication credential. {CREDENTIALS}"
OWN_CHECK = frozenset(
    {"logging.entries.list", "logging.entries.write", "cloudresourcemanager.projects.list", "storage.buckets.insert"}
    | {"cloudresourcemanager.projects.search", "iam.roles.list", "iam.roles.get", "storage.buckets.list"}
)
"""Methods whose resources are named in their body or query; their handlers ask for the permission."""


def answer(cloud: Cloud, request: Request) -> Response:
    """Serve one request to one of Google's APIs."""
    found = cloud.routes.match(request.http, request.path)
    if found is None:
        return _unknown(request)
    method, parts = found
    try:
        with cloud.lock:
            return Response.of(_call(cloud, request, method, parts))
    except ApiError as error:
        return Response.of(error.document(method.api), error.code)
    except Exception:
        logger.exception("%s failed", method.id)
        return Response.of(ApiError("INTERNAL", "Internal error encountered.").document(), 500)


def caller(cloud: Cloud, headers: dict[str, str], method: str = "", service: str = "") -> str:
    """The account whose token a request carries."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    about = {"method": method, "service": f"{service}.googleapis.com"}
    if not token:
        raise ApiError("UNAUTHENTICATED", MISSING, info("CREDENTIALS_MISSING", "googleapis.com", **about))
    bearer = kind.lower() == "bearer"
    account = (cloud.tokens.account(token) or cloud.tokens.foreign(token)) if bearer else None
    if account is None or not cloud.known(account):
        reason = "ACCESS_TOKEN_TYPE_UNSUPPORTED" if account else "ACCESS_TOKEN_EXPIRED"
        raise ApiError("UNAUTHENTICATED", INVALID, info(reason, "googleapis.com", **about))
    return account


def _call(cloud: Cloud, request: Request, method: Method, parts: list[str]) -> Json:
    account = caller(cloud, request.headers, method.id, method.api)
    call = _read(cloud, request, method, parts, account)
    permission = permissions.of(method)
    if call.project in cloud.settings.projects:
        cloud.services.check_enabled(call.project, f"{method.api}.googleapis.com")
        cloud.quotas.count(method.api, method.action, cloud.number(call.project))
    if permission is not None and method.key not in OWN_CHECK:
        _audited(call, permission, lambda one: one.cloud.demand(one.caller, permission, one.name))
    fault = cloud.faults.take(method.key, call.name)
    if fault is not None and fault.when == "before":
        raise _failure(fault, call)
    handler = handler_of(call) or standard(call)
    if handler is None:
        raise ApiError("UNIMPLEMENTED", f"Method {method.id} is part of GCP, but the sandbox does not serve it.")
    result = _audited(call, permission, handler)
    audit.record(call, permission, None)
    if fault is not None:
        raise _failure(fault, call)
    return result


def _audited(call: Call, permission: str | None, step: Callable[[Call], Result]) -> Result:
    """Take a step of a call, and record where it is refused."""
    try:
        return step(call)
    except ApiError as error:
        audit.record(call, permission, error)
        raise


def _failure(fault: Fault, call: Call) -> ApiError:
    """The error a fault asks for; the functions are killed first where it asks for that."""
    if fault.kill:
        workers.kill_processes()
    return fault.error(call.method.key)


def _read(cloud: Cloud, request: Request, method: Method, parts: list[str], account: str) -> Call:
    path = {name: parts[number] for number, name in method.names}
    name = cloud.canonical("/".join(parts[method.span[0] : method.span[1]])) if method.subject else ""
    if not name and path:
        first = next(iter(path.values()))
        name = cloud.canonical(f"projects/{first}") if method.api == "cloudresourcemanager" else first
        if method.api == "storage":
            bucket = cloud.storage.bucket(first)
            name = f"{bucket.name}/objects/{path['object']}" if "object" in path else bucket.name
    query = schema.query(method, parse_qsl(request.query, keep_blank_values=True))
    body = schema.body(method, request.body)
    return Call(cloud, method, _wildcard(cloud, name), path, query, body, account)


def _wildcard(cloud: Cloud, name: str) -> str:
    """`projects/-/serviceAccounts/E` means the project that the address names."""
    parts = name.split("/")
    if parts[:3] == ["projects", "-", "serviceAccounts"] and len(parts) > 3:
        parts[1] = project_of_account(parts[3])
        return cloud.canonical("/".join(parts))
    return name


def _unknown(request: Request) -> Response:
    """Google's front end answers a path it does not serve with a page, not with JSON."""
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> "
        "<ins>That's an error.</ins>\n<p>The requested URL "
        f"<code>{html.escape(request.path)}</code> was not found on this server. <ins>That's all we know.</ins>\n"
    )
    return Response(404, page.encode(), "text/html; charset=UTF-8")
