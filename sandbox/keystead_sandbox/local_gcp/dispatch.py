"""From an HTTP request to the answer of a method: route, caller, schema, service, permission, handler."""

import html
import json
import logging
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp import audit, buckets, permissions, resources, schema, workers
from keystead_sandbox.local_gcp.call import HANDLERS, Call, Handler
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import ApiError, Json, info
from keystead_sandbox.local_gcp.faults import Fault
from keystead_sandbox.local_gcp.kinds import KINDS

logger = logging.getLogger("keystead.gcp")

UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
MISSING = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What came over the wire."""

    http: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    code: int
    body: bytes = field(repr=False)
    kind: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()


def answer(cloud: Cloud, request: Request) -> Response:
    """Serve one request to one of Google's APIs."""
    found = cloud.routes.match(request.http, request.path)
    if found is None:
        return _unknown(request)
    method, parts = found
    try:
        with cloud.lock:
            return Response(200, _json(_call(cloud, request, method, parts)))
    except ApiError as error:
        return Response(error.code, _json(error.document(method.api)))
    except Exception:
        logger.exception("%s failed", method.id)
        return Response(500, _json(ApiError("INTERNAL", "Internal error encountered.").document()))


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
        raise ApiError("UNAUTHENTICATED", UNAUTHENTICATED, info(reason, "googleapis.com", **about))
    return account


def _call(cloud: Cloud, request: Request, method: Method, parts: list[str]) -> Json:
    account = caller(cloud, request.headers, method.id, method.api)
    call = _read(cloud, request, method, parts, account)
    identifier = permissions.method_id(method)
    permission = permissions.of(method)
    project = cloud.project_of(call.name)
    if project in cloud.settings.projects:
        cloud.check_enabled(project, method.api)
    if permission is not None and identifier not in OWN_CHECK:
        try:
            cloud.demand(account, permission, call.name)
        except ApiError as error:
            audit.record(call, permission, error)
            raise
    fault = cloud.faults.take(identifier, call.name)
    if fault is not None and fault.when == "before":
        raise _struck(fault, identifier)
    handler = HANDLERS.get(identifier) or HANDLERS.get(f"*.*.{method.action}") or _standard(method)
    if handler is None:
        raise ApiError("UNIMPLEMENTED", f"Method {method.id} is part of GCP, but the sandbox does not serve it.")
    try:
        result = handler(call)
    except ApiError as error:
        audit.record(call, permission, error)
        raise
    audit.record(call, permission, None)
    if fault is not None:
        raise _struck(fault, identifier)
    if method.response == "Operation" and "done" not in result and handler in STANDARD.values():
        return cloud.operations.done("", result)
    return result


def _struck(fault: Fault, identifier: str) -> ApiError:
    """The refusal a fault asks for; the functions die first where it asks for that."""
    if fault.kill:
        workers.strike_all()
    return fault.error(identifier)


OWN_CHECK = frozenset(
    {"logging.entries.list", "logging.entries.write", "cloudresourcemanager.projects.list", "storage.buckets.insert"}
    | {"cloudresourcemanager.projects.search", "iam.roles.list", "iam.roles.get", "storage.buckets.list"}
)
"""Methods whose resources stand in their body or query; their handlers ask for the permission."""


def _read(cloud: Cloud, request: Request, method: Method, parts: list[str], account: str) -> Call:
    path = {name: parts[number] for number, name in method.names}
    name = cloud.canonical("/".join(parts[method.span[0] : method.span[1]])) if method.subject else ""
    if not name and path:
        first = next(iter(path.values()))
        name = cloud.canonical(f"projects/{first}") if method.api == "cloudresourcemanager" else first
        if method.api == "storage":
            name = "/".join([buckets.path(cloud, first), *(["objects", path["object"]] if "object" in path else [])])
    query = schema.query(method, parse_qsl(request.query, keep_blank_values=True))
    body = schema.body(method, request.body)
    return Call(cloud, method, _wildcard(cloud, name), path, query, body, account)


def _wildcard(cloud: Cloud, name: str) -> str:
    """`projects/-/serviceAccounts/E` means the project that the address names."""
    parts = name.split("/")
    if parts[:3] == ["projects", "-", "serviceAccounts"] and len(parts) > 3:
        parts[1] = parts[3].partition("@")[2].partition(".")[0]
        return cloud.canonical("/".join(parts))
    return name


def _standard(method: Method) -> Handler | None:
    if f"{method.api}.{method.collection}" not in KINDS:
        return None
    return STANDARD.get(method.action)


def _delete(call: Call) -> Json:
    resources.remove(call)
    return {}


STANDARD: dict[str, Handler] = {
    "create": lambda call: resources.view(call, resources.create(call)),
    "get": lambda call: resources.view(call, resources.require(call, resources.kind_of(call), call.name)),
    "list": resources.listing,
    "patch": lambda call: resources.view(call, resources.patch(call)),
    "update": lambda call: resources.view(call, resources.patch(call)),
    "delete": _delete,
}


def _json(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _unknown(request: Request) -> Response:
    """Google's front end answers a path it does not serve with a page, not with JSON."""
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> "
        "<ins>That's an error.</ins>\n<p>The requested URL "
        f"<code>{html.escape(request.path)}</code> was not found on this server. <ins>That's all we know.</ins>\n"
    )
    return Response(404, page.encode(), "text/html; charset=UTF-8")
