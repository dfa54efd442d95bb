"""Property values as rules read them: an unknown one ends the rule, a secret one is masked in messages."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class NotKnownYet(Exception):  # noqa: N818 - no failure: the rule is asked again once the value is known
    """A rule read a value that is known only during `up`, or that the state holds encrypted."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} is {why}")
        self.path = path
        self.why = why


class UnexpectedValueError(ValueError):
    """A property has a value of a kind that its rules cannot read."""

    def __init__(self, path: str, value: object, expected: str) -> None:
        shown = repr(value) if isinstance(value, str | int | float) else "a list or object"
        super().__init__(f"`{path}` is {shown}, not {expected}")


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
        """Return whether the property is set, known or not; an empty text or list counts as not set."""
        found = super().get(key)
        return not (found is None or found == "" or (isinstance(found, Items) and not len(found)))

    def known(self, key: str) -> bool:
        """Return whether the property is set and known."""
        return not isinstance(super().get(key, UNKNOWN), Unknown)

    def number(self, key: str, default: float) -> float:
        """Return a number; providers take one in a text as well."""
        found = self.get(key, default)
        try:
            read = float(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else None
        except ValueError:
            read = None
        if read is None or not math.isfinite(read):
            raise UnexpectedValueError(self._at(key), found, "a number")
        return int(read) if read.is_integer() else read

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a boolean; providers take one in a text as well."""
        found = self.get(key, default)
        read = _FLAGS.get(found.lower()) if isinstance(found, str) else found
        if not isinstance(read, bool):
            raise UnexpectedValueError(self._at(key), found, "true or false")
        return read

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
