"""Decodes property values as the engine and exported states encode them."""

import json
from collections.abc import Mapping
from typing import Any

from keystead_policies.engine.resources.values import ENCRYPTED, UNKNOWN, Items, Masked, Values

UNKNOWN_MARKS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What the engine sends for a boolean, number, string, array, asset, archive or object not known before `up`."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark of a secret, not one
"""Keys of the engine's property encoding (sdk/go/common/resource/properties.go)."""


def read(value: Any, path: str = "", *, secret: bool = False) -> Any:
    """Turn the engine's encoding of one value into what rules read."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWN_MARKS else Masked(value) if secret else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return _read_secret(value, path)
        prefix = f"{path}." if path else ""
        return Values({key: read(entry, f"{prefix}{key}", secret=secret) for key, entry in value.items()}, path)
    if isinstance(value, list):
        present = ((index, entry) for index, entry in enumerate(value) if entry is not None)
        return Items([read(entry, f"{path}[{index}]", secret=secret) for index, entry in present], path)
    return value


def _read_secret(value: Mapping[str, Any], path: str) -> Any:
    """Read a secret: its value from the engine, plaintext JSON in a state with secrets shown, else encrypted."""
    if "value" in value:
        return read(value["value"], path, secret=True)
    if "plaintext" in value:
        return read(json.loads(value["plaintext"]), path, secret=True)
    return ENCRYPTED


def properties(encoded: Mapping[str, Any]) -> Values:
    """Read all properties of a resource, without the engine's own (`__defaults`)."""
    found = read({key: value for key, value in encoded.items() if not key.startswith("__")})
    assert isinstance(found, Values)  # noqa: S101 - a mapping without signature reads as Values; this tells the type checker
    return found


def document(values: Values, key: str) -> Values:
    """Parse a property that holds JSON, such as a policy; text that is not a JSON object reads as an empty one."""
    if key not in values.parsed:
        values.parsed[key] = _document(values, key)
    found: Values = values.parsed[key]
    return found


def _document(values: Values, key: str) -> Values:
    text = values.get(key)
    if isinstance(text, Values):
        return text
    path = f"{values.path}.{key}" if values.path else key
    try:
        parsed = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        parsed = {}
    return Values(read(parsed, path, secret=isinstance(text, Masked)) if isinstance(parsed, dict) else {}, path)
