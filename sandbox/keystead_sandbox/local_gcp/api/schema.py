"""Checks what a call sends against its method's schema, with the messages of Google's JSON front end.

Unknown names, wrong types and wrong enum values are refused, all at once; output-only fields are dropped
silently. Source: AIP-203 (output only: input is ignored), and the messages of the front end as quoted in public issues.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.api.encoding import decoded
from keystead_sandbox.local_gcp.api.enum_numbers import name_of
from keystead_sandbox.local_gcp.api.errors import Json, bad_request, invalid
from keystead_sandbox.local_gcp.api.fields import camel, snake

MERGING = frozenset({"storage.v1"})
"""APIs whose patch removes a field that is null (RFC 7396)."""

_TYPES = {
    "int32": "TYPE_INT32",
    "uint32": "TYPE_UINT32",
    "int64": "TYPE_INT64",
    "uint64": "TYPE_UINT64",
    "double": "TYPE_DOUBLE",
    "float": "TYPE_FLOAT",
    "byte": "TYPE_BYTES",
    "google-duration": "type.googleapis.com/google.protobuf.Duration",
    "google-datetime": "type.googleapis.com/google.protobuf.Timestamp",
    "google-fieldmask": "type.googleapis.com/google.protobuf.FieldMask",
}
_RANGES = {"int32": (-(2**31), 2**31), "uint32": (0, 2**32), "int64": (-(2**63), 2**63), "uint64": (0, 2**64)}


STANDARD = {
    *("access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "uploadType"),
    *("upload_protocol", "xgafv", "userIp", "upload_id"),
}
"""Parameters that every Google API takes."""


def body_field(method: Method) -> str:
    """The field of the request message that is the body: `secret` where a resource is sent, else none."""
    whole = method.request.endswith("Request") or method.http == "PUT" or not method.request
    return "" if whole else snake(method.request[0].lower() + method.request[1:])


def body(method: Method, content: bytes) -> Json:
    """The body of a call: camelCase names, enums by name, 64-bit numbers as strings, output-only fields left out."""
    if not method.request:
        return {}
    try:
        given = json.loads(content) if content.strip() else {}
    except ValueError as error:
        text = f"Invalid JSON payload received. {error}"
        raise bad_request([("", text)]) from error
    checker = _Checker(f"{method.api}.{method.version}")
    checked = checker.message(method.request, given, body_field(method))
    checker.refuse_violations()
    return checked if isinstance(checked, dict) else {}


def query(method: Method, given: list[tuple[str, str]]) -> Json:
    """The query parameters of a call; the standard ones ($alt, fields, key) are left out."""
    found: Json = {}
    checker = _Checker("")
    known = method.query | _mask_of(method)
    for raw, value in given:
        name = raw if raw in known or "." in raw else camel(raw)
        if name not in known:
            if name.lstrip("$") not in STANDARD:
                text = f'Invalid JSON payload received. Unknown name "{raw}": Cannot bind query parameter.'
                text += f" Field '{raw}' could not be found in request message."
                checker.violations.append((raw, text))
        elif name not in STANDARD or name in {"name", "key"}:
            checked = checker.value(known[name], _typed(known[name], value), snake(name))
            if name in method.repeated:
                found.setdefault(name, []).append(checked)
            else:
                found[name] = checked
    checker.refuse_violations()
    return found


def _mask_of(method: Method) -> Json:
    """An update mask that is a field of the body: Pub/Sub takes it in the query too, as the official provider does."""
    if method.http != "PATCH" or not method.request:
        return {}
    fields = discovery.fields(f"{method.api}.{method.version}", method.request)
    return {"updateMask": fields["updateMask"]} if "updateMask" in fields else {}


def _typed(schema: Json, value: str) -> Any:
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


class _Checker:
    """Checks values against the schemas of one API, and collects what violates them."""

    def __init__(self, api: str) -> None:
        self._api = api
        self.violations: list[tuple[str, str]] = []

    def refuse_violations(self) -> None:
        """Refuse the call where anything was wrong."""
        if self.violations:
            raise bad_request(self.violations)

    def message(self, name: str, given: Any, path: str) -> Any:
        """A message of the API."""
        if not isinstance(given, dict):
            return self._wrong(path, f"type.googleapis.com/{name}", given)
        schema = discovery.schemas(self._api)[name]
        properties = schema.get("properties", {})
        if not properties and (isinstance(schema.get("additionalProperties"), dict) or schema.get("type") == "any"):
            return given
        return self._fields(properties, given, path)

    def value(self, schema: Json, value: Any, path: str) -> Any:
        """A value of any kind."""
        if "$ref" in schema:
            return self.message(schema["$ref"], value, path)
        kind = schema.get("type", "any")
        if kind == "any":
            return value
        if kind == "array":
            if not isinstance(value, list):
                return self._wrong(path, "TYPE_ARRAY", value)
            return [self.value(schema["items"], one, f"{path}[{at}]") for at, one in enumerate(value)]
        if kind == "object":
            return self._map(schema, value, path)
        return self._enum(tuple(schema["enum"]), value, path) if "enum" in schema else self._scalar(schema, value, path)

    def _fields(self, properties: Json, given: Json, path: str) -> Json:
        checked: Json = {}
        for raw, value in given.items():
            key = raw if raw in properties else camel(raw)
            if key not in properties:
                where = f" at '{path}'" if path else ""
                text = f'Invalid JSON payload received. Unknown name "{raw}"{where}: Cannot find field.'
                self.violations.append((path, text))
            elif value is None and self._api in MERGING:
                checked[key] = None
            elif value is not None and not properties[key].get("readOnly"):
                checked[key] = self.value(properties[key], value, f"{path}.{snake(key)}" if path else snake(key))
        return checked

    def _map(self, schema: Json, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, "TYPE_MESSAGE", value)
        if "properties" in schema:
            return self._fields(schema["properties"], value, path)
        inner = schema.get("additionalProperties")
        if inner is None:
            return value
        removes = self._api in MERGING
        return {
            key: None if one is None and removes else self.value(inner, one, f"{path}[{key}]")
            for key, one in value.items()
        }

    def _enum(self, names: tuple[str, ...], value: Any, path: str) -> Any:
        found = name_of(names, value) if isinstance(value, int) and not isinstance(value, bool) else value
        return found if isinstance(found, str) and found in names else self._wrong(path, "TYPE_ENUM", value)

    def _scalar(self, schema: Json, value: Any, path: str) -> Any:
        kind, form = schema["type"], schema.get("format", "")
        if form in _RANGES:
            low, high = _RANGES[form]
            fits = not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value)) and low <= int(value) < high
            value = value if not fits else str(value) if kind == "string" else int(value)
        elif kind == "boolean":
            fits = isinstance(value, bool)
        elif kind == "number":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        else:
            fits = isinstance(value, str) and _TEXTS.get(form, _any)(value)
        wrong = _TYPES.get(form) or f"TYPE_{'BOOL' if kind == 'boolean' else kind.upper()}"
        return value if fits else self._wrong(path, wrong, value)

    def _wrong(self, path: str, kind: str, value: Any) -> None:
        self.violations.append((path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)[:200]}"))


def _any(_value: str) -> bool:
    return True


_TEXTS: dict[str, Callable[[str], Any]] = {
    "google-duration": re.compile(r"-?\d{1,12}(\.\d{1,9})?s").fullmatch,
    "google-datetime": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)").fullmatch,
    "byte": lambda value: decoded(value) is not None,
}
"""Formats of strings that not every string fits."""


def mask(fields: Json, given: str | None) -> list[str]:
    """The top-level and nested fields an update names, in camelCase; an unknown one is refused."""
    found = [camel(one.strip()) for one in (given or "").split(",") if one.strip()]
    for one in found:
        if one != "*" and one.partition(".")[0] not in fields:
            raise invalid(f"Invalid field mask: unknown field '{snake(one)}' in update_mask.")
    return found
