"""Settings of a function: dataclasses, written as canonical JSON into its archive and read back strictly.

Equal settings give equal bytes, so that an archive changes only when something in it does. An unknown, missing or
wrongly typed field is an error that names the field and never what was found in it.
"""

import collections.abc
import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

from keystead.functions.shared.errors import SettingsError

SETTINGS_FILE = "settings.json"
"""Where the settings lie, relative to the archive's root."""

_Settings = typing.TypeVar("_Settings")
_PLAIN = {str: "text", int: "a whole number", bool: "true or false"}


def dump(settings: Any) -> bytes:
    """Write a dataclass as canonical JSON: sorted keys, no spaces, ASCII."""
    return json.dumps(dataclasses.asdict(settings), sort_keys=True, separators=(",", ":")).encode("ascii")


def load(kind: type[_Settings], source: bytes | Path) -> _Settings:
    """Read what `dump` wrote of a dataclass; SettingsError where it is anything else.

    Fields are text, whole numbers, booleans, dataclasses, mappings from text, tuples of one type, or one of these or
    None. Text without a default must not be empty. What a dataclass refuses in `__post_init__` as a SettingsError is
    reported with the place it stands in.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SettingsError("settings: expected JSON") from None
    loaded: _Settings = _dataclass("settings", kind, document)
    return loaded


def _read(where: str, kind: Any, document: object) -> Any:
    if dataclasses.is_dataclass(kind):
        return _dataclass(where, kind, document)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return None if document is None else _read(where, inner, document)
    if origin is collections.abc.Mapping:
        entries = _expect(where, dict, "an object", document)
        return {name: _read(f"{where}.{name}", arguments[1], entry) for name, entry in entries.items()}
    if origin is tuple:
        entries = _expect(where, list, "a list", document)
        return tuple(_read(f"{where}.{place}", arguments[0], entry) for place, entry in enumerate(entries))
    return _expect(where, kind, _PLAIN[kind], document)


def _dataclass(where: str, kind: Any, document: object) -> Any:
    """Construct a dataclass from an object that has all of its fields and no others."""
    entries = _expect(where, dict, "an object", document)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    wrong = sorted(set(entries) ^ set(fields))
    if wrong:
        raise SettingsError(f"{where}: {kind.__name__} has fields {sorted(fields)}; unknown or missing: {wrong}")
    kinds = typing.get_type_hints(kind)
    values = {name: _read(f"{where}.{name}", kinds[name], entries[name]) for name in fields}
    for name, value in values.items():
        if value == "" and fields[name].default is dataclasses.MISSING:
            raise SettingsError(f"{where}.{name}: must not be empty")
    try:
        return kind(**values)
    except SettingsError as error:
        raise SettingsError(f"{where}.{error}") from None


def _expect(where: str, kind: type, title: str, document: object) -> Any:
    """Return the document if it is exactly of this type: a boolean is not a whole number."""
    if type(document) is not kind:
        raise SettingsError(f"{where}: expected {title}, found {type(document).__name__}")
    return document
