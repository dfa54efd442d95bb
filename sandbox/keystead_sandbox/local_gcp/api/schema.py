"""Checks what a call sends against its method's schema, with the messages of Google's JSON front end.

Unknown names, wrong types and wrong enum values are refused, all at once; output-only fields are dropped
silently. Source: AIP-203 (output only: input is ignored), and the messages of the front end as quoted in public issues.
"""

import base64
import binascii
import json
import re
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.api.enum_numbers import name_of
from keystead_sandbox.local_gcp.api.errors import Json, bad_request, invalid

MERGING = frozenset({"storage.v1"})
"""APIs whose patch removes a field that is null (RFC 7396)."""
Violations = list[tuple[str, str]]

_DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
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


def snake(name: str) -> str:
    """The name of a field in the protocol buffer: secretId -> secret_id."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def camel(name: str) -> str:
    """The name of a field in JSON: secret_id -> secretId."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


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
    violations: Violations = []
    checked = _message(f"{method.api}.{method.version}", method.request, given, body_field(method), violations)
    if violations:
        raise bad_request(violations)
    return checked if isinstance(checked, dict) else {}


def query(method: Method, given: list[tuple[str, str]]) -> Json:
    """The query parameters of a call; the standard ones ($alt, fields, key) are left out."""
    found: Json = {}
    violations: Violations = []
    known = method.query | _mask_of(method)
    for raw, value in given:
        name = raw if raw in known or "." in raw else camel(raw)
        if name not in known:
            if name.lstrip("$") not in STANDARD:
                text = f'Invalid JSON payload received. Unknown name "{raw}": Cannot bind query parameter.'
                text += f" Field '{raw}' could not be found in request message."
                violations.append((raw, text))
            continue
        if name in STANDARD and name not in {"name", "key"}:
            continue
        checked = _value("", known[name], _typed(known[name], value), snake(name), violations)
        if name in method.repeated:
            found.setdefault(name, []).append(checked)
        else:
            found[name] = checked
    if violations:
        raise bad_request(violations)
    return found


def _mask_of(method: Method) -> Json:
    """An update mask that is a field of the body: Pub/Sub takes it in the query too, as the official provider does."""
    if method.http != "PATCH" or not method.request:
        return {}
    fields = discovery.fields(f"{method.api}.{method.version}", method.request)
    return {"updateMask": fields["updateMask"]} if "updateMask" in fields else {}


STANDARD = {
    *("access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "uploadType"),
    *("upload_protocol", "xgafv", "userIp", "upload_id"),
}
"""Parameters that every Google API takes."""


def _typed(schema: Json, value: str) -> Any:
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def _message(api: str, name: str, given: Any, path: str, violations: Violations) -> Any:
    if not isinstance(given, dict):
        violations.append(_wrong(path, f"type.googleapis.com/{name}", given))
        return None
    schema = discovery.schemas(api)[name]
    properties = schema.get("properties", {})
    if not properties and (isinstance(schema.get("additionalProperties"), dict) or schema.get("type") == "any"):
        return given
    return _fields(api, properties, given, path, violations)


def _fields(api: str, properties: Json, given: Json, path: str, violations: Violations) -> Json:
    checked: Json = {}
    for raw, value in given.items():
        key = raw if raw in properties else camel(raw)
        if key not in properties:
            where = f" at '{path}'" if path else ""
            text = f'Invalid JSON payload received. Unknown name "{raw}"{where}: Cannot find field.'
            violations.append((path, text))
        elif value is None and api in MERGING:
            checked[key] = None
        elif value is not None and not properties[key].get("readOnly"):
            below = f"{path}.{snake(key)}" if path else snake(key)
            checked[key] = _value(api, properties[key], value, below, violations)
    return checked


def _value(api: str, schema: Json, value: Any, path: str, violations: Violations) -> Any:  # noqa: PLR0911 - one return a kind
    if "$ref" in schema:
        return _message(api, schema["$ref"], value, path, violations)
    kind = schema.get("type", "any")
    if kind == "any":
        return value
    if kind == "array":
        if not isinstance(value, list):
            violations.append(_wrong(path, "TYPE_ARRAY", value))
            return None
        return [_value(api, schema["items"], one, f"{path}[{at}]", violations) for at, one in enumerate(value)]
    if kind == "object":
        return _map(api, schema, value, path, violations)
    if "enum" in schema:
        return _enum(tuple(schema["enum"]), value, path, violations)
    return _scalar(kind, schema.get("format", ""), value, path, violations)


def _map(api: str, schema: Json, value: Any, path: str, violations: Violations) -> Any:
    if not isinstance(value, dict):
        violations.append(_wrong(path, "TYPE_MESSAGE", value))
        return None
    if "properties" in schema:
        return _fields(api, schema["properties"], value, path, violations)
    inner = schema.get("additionalProperties")
    if inner is None:
        return value
    return {
        key: None if one is None and api in MERGING else _value(api, inner, one, f"{path}[{key}]", violations)
        for key, one in value.items()
    }


def _enum(names: tuple[str, ...], value: Any, path: str, violations: Violations) -> Any:
    found = name_of(names, value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(found, str) or found not in names:
        violations.append(_wrong(path, "TYPE_ENUM", value))
        return None
    return found


def _scalar(kind: str, form: str, value: Any, path: str, violations: Violations) -> Any:
    wrong = _TYPES.get(form) or f"TYPE_{'BOOL' if kind == 'boolean' else kind.upper()}"
    if kind == "boolean":
        fits = isinstance(value, bool)
    elif form in _RANGES:
        return _integer(kind, form, value, path, violations)
    elif kind == "number":
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif not isinstance(value, str):
        fits = False
    else:
        fits = _text_fits(form, value)
    if not fits:
        violations.append(_wrong(path, wrong, value))
        return None
    return value


def _integer(kind: str, form: str, value: Any, path: str, violations: Violations) -> Any:
    low, high = _RANGES[form]
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", text) or not low <= int(text) < high:
        violations.append(_wrong(path, _TYPES[form], value))
        return None
    return text if kind == "string" else int(text)


def _text_fits(form: str, value: str) -> bool:
    if form == "google-duration":
        return bool(_DURATION.fullmatch(value))
    if form == "google-datetime":
        return bool(_TIMESTAMP.fullmatch(value))
    if form == "byte":
        return decoded(value) is not None
    return True


def decoded(value: str) -> bytes | None:
    """Bytes from base64, URL-safe or not, padded or not; None where it is neither."""
    padded = value.replace("-", "+").replace("_", "/")
    padded += "=" * (-len(padded) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None


def encoded(value: bytes) -> str:
    """Bytes in base64, as Google's JSON has them."""
    return base64.b64encode(value).decode()


def _wrong(path: str, kind: str, value: Any) -> tuple[str, str]:
    return path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)[:200]}"


def mask(fields: Json, given: str | None) -> list[str]:
    """The top-level and nested fields an update names, in camelCase; an unknown one is refused."""
    found = [camel(one.strip()) for one in (given or "").split(",") if one.strip()]
    for one in found:
        if one != "*" and one.partition(".")[0] not in fields:
            raise invalid(f"Invalid field mask: unknown field '{snake(one)}' in update_mask.")
    return found
