"""Property values as rules read them: an unknown one ends the rule, a secret one is masked in messages."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

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


class NotKnownYet(Exception):  # noqa: N818 - no failure: the rule is asked again once the value is known
    """A rule read a value that is known only during `up`, or that the state holds encrypted."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} is {why}")
        self.path = path
        self.why = why


class Unknown:
    """Stands for a value that is not known, and says why."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return self.why


UNKNOWN = Unknown("not known yet")
ENCRYPTED = Unknown("held encrypted")


class Masked(str):
    """Text from a secret: it compares as itself and is formatted as `[secret]`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "[secret]"

    def __repr__(self) -> str:
        return "[secret]"

    def __format__(self, spec: str) -> str:
        return format("[secret]", spec)


class Values(dict[str, Any]):
    """An object's properties; reading one that is not known raises NotKnownYet with its path."""

    def __init__(self, entries: Mapping[str, Any], path: str = "") -> None:
        super().__init__(entries)
        self.path = path
        self.parsed: dict[str, Any] = {}
        """Parsed documents by key, since several rules read the same policy."""

    def __getitem__(self, key: str) -> Any:
        return self._known(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the property, or the default where it is absent or null."""
        found = super().get(key)
        return default if found is None else self._known(key, found)

    def items(self) -> Any:
        """Iterate over names and known values."""
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        """Iterate over known values."""
        return [self[key] for key in self]

    def given(self, key: str) -> bool:
        """Return whether the property is set at all, known or not."""
        return super().get(key) is not None

    def known(self, key: str) -> bool:
        """Return whether the property is set and known."""
        return not isinstance(super().get(key, UNKNOWN), Unknown)

    def table(self, key: str) -> "Values":
        """Return a nested object, empty where it is absent; of a list with one object, that object."""
        found = self.get(key)
        if isinstance(found, Items) and len(found) == 1:
            found = found[0]
        return found if isinstance(found, Values) else Values({}, self._at(key))

    def items_of(self, key: str) -> "Items":
        """Return a nested list; a single value counts as a list of one, an absent one as empty."""
        found = self.get(key)
        if isinstance(found, Items):
            return found
        return Items([] if found is None else [found], self._at(key))

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _known(self, key: str, value: Any) -> Any:
        if isinstance(value, Unknown):
            raise NotKnownYet(self._at(key), value.why)
        return value


class Items(list[Any]):
    """A list of property values; reading an entry that is not known raises NotKnownYet."""

    def __init__(self, entries: list[Any], path: str = "") -> None:
        super().__init__(entries)
        self.path = path

    def __iter__(self) -> Iterator[Any]:
        for index, value in enumerate(super().__iter__()):
            if isinstance(value, Unknown):
                raise NotKnownYet(f"{self.path}[{index}]", value.why)
            yield value


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
        return Items([read(entry, f"{path}[{index}]", secret=secret) for index, entry in enumerate(value)], path)
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
