"""The store of resources, and what every kind has in common: create, get, list, patch, delete.

Source: AIP-131 to AIP-135 (standard methods), AIP-154 (etags), AIP-158 (pages), AIP-160 (filters).
"""

import base64
import itertools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.local_gcp import filters, moments, schema
from keystead_sandbox.local_gcp.call import Call
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, not_found
from keystead_sandbox.local_gcp.kinds import KINDS, LABEL_KEY, LABEL_VALUE, Kind

MOST_A_PAGE = 25_000
_numbers = itertools.count(1)


@dataclass(slots=True)
class Resource:
    """One resource: what its API shows in `body`, what only the sandbox knows in `hidden`."""

    kind: Kind
    name: str
    body: Json
    hidden: Json = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The name of what it lies in."""
        return self.name.rsplit("/", 2)[0]

    def touch(self, now: float) -> None:
        """Note a change: a new etag, and updateTime where the kind has one."""
        self.number = next(_numbers)
        if "updateTime" in self.kind.times:
            self.body["updateTime"] = moments.text(now)
        if self.kind.etag:
            mark = f"{self.number:x}{secrets.token_hex(3)}"
            is_bytes = self.kind.api == "iam"
            self.body["etag"] = base64.b64encode(mark.encode()).decode() if is_bytes else f'"{mark}"'


class Store:
    """Resources by name, and by the collection they lie in."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._collections: dict[str, dict[str, Resource]] = {}

    def find(self, name: str) -> Resource | None:
        """A resource, None where there is none."""
        return self._resources.get(name)

    def add(self, resource: Resource) -> Resource:
        """Keep a new resource."""
        self._resources[resource.name] = resource
        self._collections.setdefault(resource.name.rpartition("/")[0], {})[resource.name] = resource
        return resource

    def remove(self, resource: Resource) -> None:
        """Forget a resource and everything that lies in it."""
        del self._resources[resource.name]
        del self._collections[resource.name.rpartition("/")[0]][resource.name]
        for collection in [one for one in self._collections if one.startswith(f"{resource.name}/")]:
            for below in self._collections.pop(collection):
                self._resources.pop(below, None)

    def children(self, collection: str) -> list[Resource]:
        """What lies in a collection such as `projects/p/secrets`, oldest first."""
        return list(self._collections.get(collection, {}).values())

    def of_kind(self, key: str) -> Iterator[Resource]:
        """All resources of a kind."""
        last = f"/{KINDS[key].collection}"
        for collection, found in list(self._collections.items()):
            if collection.endswith(last):
                yield from (one for one in list(found.values()) if one.kind.key == key)


def kind_of(call: Call) -> Kind:
    """The kind a standard method is about."""
    return KINDS[f"{call.method.api}.{call.method.collection}"]


def words(call: Call, kind: Kind, text: str, name: str) -> str:
    """One of Google's sentences about a resource."""
    shown = call.cloud.shown(kind.api, name)
    return text.format(kind=kind.schema, name=shown, id=name.rpartition("/")[2], parent=name.rsplit("/", 2)[0])


def require(call: Call, kind: Kind, name: str) -> Resource:
    """A resource that must be there."""
    found = call.cloud.store.find(name)
    if found is None or found.kind is not kind:
        raise not_found(words(call, kind, kind.missing, name))
    return found


def view(call: Call, resource: Resource) -> Json:
    """The resource as its API shows it."""
    return {"name": call.cloud.shown(resource.kind.api, resource.name), **resource.body}


def check_labels(body: Json) -> None:
    """Refuse labels that Google refuses."""
    labels = body.get("labels") or {}
    if len(labels) > 64:
        raise invalid("No more than 64 labels can be assigned to a given resource.")
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise invalid(f"Invalid label: key '{key}' or value '{value}' does not match the allowed characters.")


def new_name(call: Call, kind: Kind) -> str:
    """The name a create call asks for, checked."""
    body = call.body
    if call.method.http == "PUT":
        name = call.name
    elif kind.identifier:
        identifier = str(call.query.get(kind.identifier, ""))
        if not identifier:
            raise invalid(f"The request was malformed: {schema.snake(kind.identifier)} is required.")
        name = f"{call.name}/{kind.collection}/{identifier}"
    else:
        given = str(body.get("name") or secrets.randbelow(10**18))
        name = call.cloud.canonical(given) if "/" in given else f"{call.name}/{kind.collection}/{given}"
    name = name.lstrip("/")
    identifier = name.rpartition("/")[2]
    if not kind.id.fullmatch(identifier) or not name.startswith("projects/" if "projects/" in call.name else ""):
        expected = f"must match the pattern {kind.pattern}"
        raise invalid(f"Invalid resource id '{identifier}' of {kind.schema}: it {expected}.")
    return name


def create(call: Call, hidden: Json | None = None) -> Resource:
    """Make a new resource of the kind the method is about."""
    kind = kind_of(call)
    name = new_name(call, kind)
    parent = name.rsplit("/", 2)[0]
    if parent.count("/") > 3 and call.cloud.store.find(parent) is None:
        owner = next(one for one in KINDS.values() if one.api == kind.api and one.collection == parent.split("/")[-2])
        raise not_found(words(call, owner, owner.missing, parent))
    call.cloud.check_location(name)
    if call.cloud.store.find(name) is not None:
        raise ApiError("ALREADY_EXISTS", words(call, kind, kind.exists, name))
    if kind.api != "monitoring":
        check_labels(call.body)
    return insert(call, kind, name, {key: value for key, value in call.body.items() if key != "name"}, hidden)


def insert(call: Call, kind: Kind, name: str, body: Json, hidden: Json | None = None) -> Resource:
    """Put a new resource with its times and etag into the store."""
    resource = Resource(kind, name, body, hidden or {})
    now = call.cloud.clock.now()
    if "createTime" in kind.times:
        body["createTime"] = moments.text(now)
    resource.touch(now)
    return call.cloud.store.add(resource)


def check_etag(resource: Resource, given: Any) -> None:
    """Refuse a change that was made on an old state."""
    if given and resource.kind.etag and given != resource.body.get("etag"):
        text = f"The etag provided: [{given}] does not match the resource's current etag: [{resource.body['etag']}]."
        raise ApiError("FAILED_PRECONDITION" if resource.kind.api == "secretmanager" else "ABORTED", text)


def patch(call: Call, body: Json | None = None, mask: str | None = None) -> Resource:
    """Change the fields the update mask names; without a mask those that the body holds."""
    kind = kind_of(call)
    resource = require(call, kind, call.name)
    body = call.body if body is None else body
    given = mask if mask is not None else call.query.get("updateMask")
    api = f"{call.method.api}.{call.method.version}"
    paths = schema.mask(api, kind.schema, given) or [key for key in body if key not in {"name", "etag"}]
    if not paths and not body:
        raise invalid("The request was malformed: update_mask is required.")
    fields = discovery.fields(api, kind.schema)
    if "*" in paths:
        paths = [name for name, field in fields.items() if not field.get("readOnly") and name not in {"etag", "name"}]
        paths = [path for path in paths if path not in kind.fixed]
    check_etag(resource, body.get("etag"))
    if kind.api != "monitoring":
        check_labels(body)
    for path in paths:
        top = path.partition(".")[0]
        if top in kind.fixed and _pick(body, path) != _pick(resource.body, path):
            raise invalid(f"Field '{schema.snake(top)}' of {kind.schema} is immutable and cannot be updated.")
        if fields[top].get("readOnly"):
            raise invalid(f"Field '{schema.snake(top)}' of {kind.schema} is output only and cannot be in update_mask.")
        _place(resource.body, path, _pick(body, path))
    resource.touch(call.cloud.clock.now())
    return resource


def _pick(body: Json, path: str) -> Any:
    found: Any = body
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _place(body: Json, path: str, value: Any) -> None:
    *above, last = path.split(".")
    for part in above:
        body = body.setdefault(part, {})
    if value is None:
        body.pop(last, None)
    else:
        body[last] = value


def remove(call: Call) -> Resource:
    """Delete a resource and what lies in it."""
    resource = require(call, kind_of(call), call.name)
    check_etag(resource, call.query.get("etag"))
    call.cloud.store.remove(resource)
    call.cloud.policies.forget(resource.name)
    return resource


def page(call: Call, found: list[Resource], show: Callable[[Call, Resource], Json] = view) -> Json:
    """One page of a list, after the call's filter."""
    wanted = filters.compiled(str(call.query.get("filter") or ""))
    shown = [one for one in (show(call, resource) for resource in found) if wanted(one)]
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
    parent = re.sub(r"^(v\d/)", "", call.name)
    if parent.count("/") > 3 and call.cloud.store.find(parent) is None:
        owner = next(one for one in KINDS.values() if one.api == kind.api and one.collection == parent.split("/")[-2])
        raise not_found(words(call, owner, owner.missing, parent))
    return page(call, call.cloud.store.children(f"{parent}/{kind.collection}"))
