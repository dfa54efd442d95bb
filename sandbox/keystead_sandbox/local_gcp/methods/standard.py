"""The standard methods of every kind of resource: create, get, list, patch, delete.

Source: AIP-131 to AIP-135 (standard methods), AIP-154 (etags), AIP-156 to AIP-160 (pages and filters).
"""

import base64
import copy
import json
import re
import secrets
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.local_gcp.api import filters, schema, timestamps
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid, not_found
from keystead_sandbox.local_gcp.api.fields import place, reach, snake
from keystead_sandbox.local_gcp.methods.call import CHECKS, VIEWS, Call, Handler
from keystead_sandbox.local_gcp.state.kinds import KINDS, Kind, kind_at, matches
from keystead_sandbox.local_gcp.state.resources import Resource

LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
MOST_A_PAGE = 25_000


def kind_of(call: Call) -> Kind:
    """The kind a standard method is about."""
    return KINDS[f"{call.method.api}.{call.method.collection}"]


def sentence(call: Call, kind: Kind, text: str, name: str) -> str:
    """One of Google's messages about a resource."""
    shown = call.cloud.shown(kind.api, name)
    return text.format(kind=kind.schema, name=shown, id=name.rpartition("/")[2], parent=name.rsplit("/", 2)[0])


def require(call: Call, kind: Kind | None = None, name: str = "") -> Resource:
    """A resource that must be there: the one the call is about, unless another one is given."""
    kind, name = kind or kind_of(call), name or call.name
    found = call.cloud.store.find(name)
    if found is None or found.kind is not kind:
        raise not_found(sentence(call, kind, kind.missing, name))
    return found


def view(call: Call, resource: Resource) -> Json:
    """The resource as its API shows it."""
    kind = resource.kind
    name = resource.id if kind.short else call.cloud.shown(kind.api, resource.name)
    more = VIEWS[kind.key](call, resource) if kind.key in VIEWS else {}
    return {"name": name, **resource.body, **more}


def check_labels(body: Json) -> None:
    """Refuse labels that Google refuses."""
    labels = body.get("labels") or {}
    if len(labels) > 64:
        raise invalid("No more than 64 labels can be assigned to a given resource.")
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise invalid(f"Invalid label: key '{key}' or value '{value}' does not match the allowed characters.")


def require_mask(call: Call) -> None:
    """Refuse a change without an update mask."""
    if not call.query.get("updateMask"):
        raise invalid("The request was malformed: update_mask is required.")


def _new_name(call: Call, kind: Kind) -> str:
    """The name of a new resource: from the query, from the body, or generated."""
    parameter = next((one for one in call.method.query if one.endswith("Id") and one != "requestId"), "")
    if call.method.http == "PUT":
        name = call.name
    elif parameter:
        identifier = str(call.query.get(parameter, ""))
        if not identifier:
            raise invalid(f"The request was malformed: {snake(parameter)} is required.")
        name = f"{call.name}/{kind.collection}/{identifier}"
    else:
        given = str(call.body.get("name") or secrets.randbelow(10**18))
        name = call.cloud.canonical(given) if "/" in given else f"{call.name}/{kind.collection}/{given}"
    name = name.lstrip("/")
    identifier = name.rpartition("/")[2]
    if not matches(kind, identifier) or not name.startswith("projects/" if "projects/" in call.name else ""):
        expected = f"must match the pattern {kind.pattern}"
        raise invalid(f"Invalid resource id '{identifier}' of {kind.schema}: it {expected}.")
    return name


def _require_parent(call: Call, kind: Kind, parent: str) -> None:
    owner = kind_at(kind.api, parent)
    if owner is not None and call.cloud.store.find(parent) is None:
        raise not_found(sentence(call, owner, owner.missing, parent))


def create(call: Call, hidden: Json | None = None) -> Resource:
    """Make a new resource of the kind the method is about."""
    kind = kind_of(call)
    name = _new_name(call, kind)
    _require_parent(call, kind, name.rsplit("/", 2)[0])
    call.cloud.check_location(name)
    if "labels" in kind.fields and kind.api != "monitoring":
        check_labels(call.body)
    body = {key: value for key, value in call.body.items() if key != "name"}
    if kind.key in CHECKS:
        CHECKS[kind.key](call, body, {})
    return insert(call, kind, name, body, hidden)


def insert(call: Call, kind: Kind, name: str, body: Json, hidden: Json | None = None) -> Resource:
    """Put a new resource with its times and etag into the store."""
    if call.cloud.store.find(name) is not None:
        raise ApiError("ALREADY_EXISTS", sentence(call, kind, kind.exists, name))
    resource = Resource(kind, name, body, hidden or {})
    if "createTime" in kind.fields:
        body["createTime"] = timestamps.text(call.now)
    resource.touch(call.now)
    return call.cloud.store.add(resource)


def check_etag(resource: Resource, given: Any) -> None:
    """Refuse a change with a stale etag."""
    if given and "etag" in resource.kind.fields and given != resource.body.get("etag"):
        text = f"The etag provided: [{given}] does not match the resource's current etag: [{resource.body['etag']}]."
        raise ApiError("FAILED_PRECONDITION" if resource.kind.api == "secretmanager" else "ABORTED", text)


def patch(call: Call, body: Json | None = None, mask: str | None = None) -> Resource:
    """Change the fields in the update mask, or those in the body without one; all of them or none."""
    resource = require(call)
    kind = resource.kind
    body = call.body if body is None else body
    check_etag(resource, body.get("etag"))
    if kind.api != "monitoring":
        check_labels(body)
    changed = copy.deepcopy(resource.body)
    for path in _paths(call, kind, body, mask):
        top = path.partition(".")[0]
        if top in kind.fixed and reach(body, path) != reach(resource.body, path):
            raise invalid(f"Field '{snake(top)}' of {kind.schema} is immutable and cannot be updated.")
        if kind.fields[top].get("readOnly"):
            raise invalid(f"Field '{snake(top)}' of {kind.schema} is output only and cannot be in update_mask.")
        place(changed, path, reach(body, path))
    if kind.key in CHECKS:
        CHECKS[kind.key](call, changed, resource.body)
    resource.body = changed
    resource.touch(call.now)
    return resource


def patch_wrapped(call: Call, field: str) -> Resource:
    """Change a resource that its request wraps together with the mask; the mask may also come in the query."""
    mask = call.body.get("updateMask") or call.query.get("updateMask") or ""
    return patch(call, call.body.get(field) or {}, str(mask))


def _paths(call: Call, kind: Kind, body: Json, mask: str | None) -> list[str]:
    given = mask if mask is not None else call.query.get("updateMask")
    paths = schema.mask(kind.fields, given) or [key for key in body if key not in {"name", "etag"}]
    if not paths and not body:
        raise invalid("The request was malformed: update_mask is required.")
    if "*" not in paths:
        return paths
    changeable = (name for name, field in kind.fields.items() if not field.get("readOnly"))
    return [name for name in changeable if name not in {"etag", "name", *kind.fixed}]


def remove(call: Call) -> Resource:
    """Delete a resource and what lies in it."""
    resource = require(call)
    check_etag(resource, call.query.get("etag"))
    call.cloud.store.remove(resource)
    call.cloud.policies.forget(resource.name)
    return resource


def page(call: Call, found: list[Resource]) -> Json:
    """One page of a list, after the call's filter."""
    wanted = filters.compiled(str(call.query.get("filter") or ""))
    shown = [one for one in (view(call, resource) for resource in found) if wanted(one)]
    size = int(call.query.get("pageSize") or 0) or MOST_A_PAGE
    if size < 0:
        raise invalid("Page size must be non-negative.")
    start = _start(call.query.get("pageToken"))
    response = discovery.fields(f"{call.method.api}.{call.method.version}", call.method.response)
    key = next(name for name, value in response.items() if value.get("type") == "array")
    answer: Json = {key: shown[start : start + size]} if shown[start : start + size] else {}
    if "totalSize" in response and shown:
        answer["totalSize"] = len(shown)
    if start + size < len(shown):
        answer["nextPageToken"] = base64.urlsafe_b64encode(json.dumps([start + size]).encode()).decode()
    return answer


def _start(token: Any) -> int:
    if not token:
        return 0
    try:
        (start,) = json.loads(base64.urlsafe_b64decode(str(token)))
        return int(start)
    except (ValueError, TypeError) as error:
        raise invalid("The page token is invalid.") from error


def listing(call: Call) -> Json:
    """The list method of a kind."""
    kind = kind_of(call)
    _require_parent(call, kind, call.name)
    return page(call, call.cloud.store.children(f"{call.name}/{kind.collection}".lstrip("/")))


def answer(call: Call, resource: Resource, state: Json | None = None) -> Json:
    """The response of a method: the resource as it is shown, in a finished operation where the API has operations."""
    shown = view(call, resource) if state is None else state
    if call.method.response != "Operation":
        return shown
    kind = resource.kind
    metadata = {"@type": f"type.googleapis.com/{kind.message}OperationMetadata"} if kind.api == "iam" else None
    message = "google.protobuf.Empty" if state == {} else kind.message
    return call.cloud.operations.done(_operations_of(call, resource), shown, message, metadata)


def _operations_of(call: Call, resource: Resource) -> str:
    """The parent of an operation's name: the resource, its location or nothing, whichever the API serves."""
    for parent in (resource.name, resource.name.rsplit("/", 2)[0]):
        if call.cloud.routes.match("GET", f"/{call.method.version}/{parent}/operations/one"):
            return parent
    return ""


def _delete(call: Call) -> Json:
    return answer(call, remove(call), {})


STANDARD: dict[str, Handler] = {
    "create": lambda call: answer(call, create(call)),
    "createAsync": lambda call: answer(call, create(call)),
    "get": lambda call: view(call, require(call)),
    "list": listing,
    "patch": lambda call: answer(call, patch(call)),
    "update": lambda call: answer(call, patch(call)),
    "delete": _delete,
}


def standard(call: Call) -> Handler | None:
    """The standard method that answers a call; None where its kind is not kept here."""
    return STANDARD.get(call.method.action) if f"{call.method.api}.{call.method.collection}" in KINDS else None
