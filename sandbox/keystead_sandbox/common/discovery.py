"""Methods and schemas of Google's APIs, read from the discovery documents that google-api-python-client ships.

The documents are read once at start for their methods; schemas are kept per API from its first call with a body.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]

APIS = (
    "secretmanager.v1",
    "cloudkms.v1",
    "pubsub.v1",
    "iam.v1",
    "iamcredentials.v1",
    "cloudresourcemanager.v1",
    "cloudresourcemanager.v3",
    "serviceusage.v1",
    "serviceusage.v1beta1",
    "cloudfunctions.v2",
    "run.v2",
    "cloudscheduler.v1",
    "logging.v2",
    "monitoring.v3",
    "accesscontextmanager.v1",
    "storage.v1",
)
"""In this order: where two APIs share a path (locations, operations), the first one answers."""

KEPT = ("$ref", "additionalProperties", "enum", "format", "items", "properties", "readOnly", "type")


@dataclass(frozen=True, slots=True)
class Method:
    """One method of an API."""

    id: str
    api: str
    version: str
    http: str
    request: str
    response: str
    query: dict[str, Json]
    repeated: frozenset[str]
    subject: str
    span: tuple[int, int]
    names: tuple[tuple[int, str], ...]

    @property
    def key(self) -> str:
        """API, last collection and action: `secretmanager.secrets.create`."""
        return f"{self.api}.{self.collection}.{self.action}"

    @property
    def action(self) -> str:
        """The last word of the id: create, patch, access."""
        return self.id.rpartition(".")[2]

    @property
    def collection(self) -> str:
        """The last collection of the id: secrets, cryptoKeys."""
        return self.id.rpartition(".")[0].rpartition(".")[2]


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    methods: dict[str, Method] = field(default_factory=dict)


class Routes:
    """Finds the method that a request's verb and path mean."""

    def __init__(self) -> None:
        self._root = _Node()
        self.count = 0
        for api in APIS:
            self._add_document(api, document(api))

    def match(self, http: str, path: str) -> tuple[Method, list[str]] | None:
        """The method and the path's decoded parts; None where Google serves nothing."""
        parts = path.lstrip("/").split("/")
        stem, colon, verb = parts[-1].rpartition(":")
        for tried in ([*parts[:-1], stem, f":{verb}"] if colon else None, parts):
            if tried is not None and (method := _find(self._root, tried, 0, http)):
                return method, [unquote(part) for part in tried]
        return None

    def _add_document(self, api: str, content: Json) -> None:
        name, _, version = api.partition(".")
        prefix = content.get("servicePath", "")
        shared = frozenset(content.get("parameters", {}))
        for entry in _methods(content):
            flat = prefix + (entry.get("flatPath") or entry["path"])
            for path in (flat, *_longer(flat, entry)):
                parts = _parts(path)
                node = self._root
                for part in parts:
                    node = node.children.setdefault("{}" if part.startswith("{") else part, _Node())
                if entry["httpMethod"] not in node.methods:
                    node.methods[entry["httpMethod"]] = _method(name, version, entry, prefix, parts, shared)
                    self.count += 1


def _find(node: _Node, parts: list[str], at: int, http: str) -> Method | None:
    if at == len(parts):
        return node.methods.get(http)
    part = parts[at]
    for key in (part, "{}"):
        child = node.children.get(key)
        if child is not None and not (key == "{}" and (not part or part.startswith(":"))):
            found = _find(child, parts, at + 1, http)
            if found:
                return found
    return None


def _longer(flat: str, entry: Json) -> list[str]:
    """The path with a version in it, where the pattern (cryptoKeys/.*) takes more than the flat path says."""
    patterns = [value.get("pattern", "") for value in entry.get("parameters", {}).values()]
    stem, colon, verb = flat.rpartition(":")
    open_ended = any(pattern.endswith("/cryptoKeys/.*$") for pattern in patterns)
    return [f"{stem}/cryptoKeyVersions/{{version}}:{verb}"] if open_ended and colon else []


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    stem, colon, verb = parts[-1].rpartition(":")
    return [*parts[:-1], stem, f":{verb}"] if colon and stem else parts


def _method(name: str, version: str, entry: Json, prefix: str, parts: list[str], shared: frozenset[str]) -> Method:
    parameters = entry.get("parameters", {})
    template = _parts(prefix + entry["path"])
    subject, span = "", (0, 0)
    for number, part in enumerate(template):
        if part.startswith("{+"):
            after = len(template) - number - 1
            subject, span = part[2:-1], (number, len(parts) - after)
    names = tuple((number, part[1:-1]) for number, part in enumerate(parts) if part.startswith("{"))
    query = {
        key: {kept: value[kept] for kept in KEPT if kept in value}
        for key, value in parameters.items()
        if value["location"] == "query"
    }
    repeated = frozenset(key for key, value in parameters.items() if value.get("repeated"))
    return Method(
        id=entry["id"],
        api=name,
        version=version,
        http=entry["httpMethod"],
        request=entry.get("request", {}).get("$ref", ""),
        response=entry.get("response", {}).get("$ref", ""),
        query=query | {key: {"type": "string"} for key in shared},
        repeated=repeated,
        subject=subject,
        span=span,
        names=() if subject else names,
    )


def _methods(content: Json) -> list[Json]:
    found = list(content.get("methods", {}).values())
    for child in content.get("resources", {}).values():
        found += _methods(child)
    return found


def _folder() -> Path:
    spec = find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        message = "google-api-python-client is not installed; it holds the discovery documents"
        raise RuntimeError(message)
    return Path(spec.submodule_search_locations[0]) / "discovery_cache" / "documents"


def document(api: str) -> Json:
    """A discovery document as Google publishes it."""
    content: Json = json.loads((_folder() / f"{api}.json").read_text())
    return content


@cache
def schemas(api: str) -> dict[str, Json]:
    """The schemas of an API such as `cloudkms.v1`, without their descriptions."""
    return {name: _kept(schema) for name, schema in document(api)["schemas"].items()}


def _kept(schema: Json) -> Json:
    kept: Json = {key: value for key, value in schema.items() if key in KEPT}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _kept(kept[key])
    if "properties" in kept:
        kept["properties"] = {name: _kept(value) for name, value in kept["properties"].items()}
    return kept


def fields(api: str, schema: str) -> dict[str, Any]:
    """The fields of a schema."""
    found: dict[str, Any] = schemas(api)[schema].get("properties", {})
    return found
