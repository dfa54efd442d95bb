"""Fields of nested JSON by a dotted path such as `rotation.nextRotationTime`, and their names in other notations."""

import re
from typing import Any

from keystead_sandbox.local_gcp.api.errors import Json


def snake(name: str) -> str:
    """The name of a field in the protocol buffer: secretId -> secret_id."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def camel(name: str) -> str:
    """The name of a field in JSON: secret_id -> secretId."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def reach(value: Any, path: str) -> Any:
    """The value at a path, None where there is none; a key may itself contain dots."""
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    top, _, inner = path.partition(".")
    return reach(value.get(top), inner) if inner else None


def place(body: Json, path: str, value: Any) -> None:
    """Set the value at a path; None removes it."""
    *above, last = path.split(".")
    for part in above:
        body = body.setdefault(part, {})
    if value is None:
        body.pop(last, None)
    else:
        body[last] = value
