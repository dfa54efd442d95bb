"""The kinds of value a property can hold: how each is checked, sent to the cloud, read back and compared.

`check` yields (path, reason) for everything wrong; `encode` gives what the cloud takes; `decode` gives what Pulumi
sees; `same` says whether a declared value already is what the cloud holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keystead_sandbox.pulumi_provider.suggestions import did_you_mean

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # pulumi.runtime.rpc.UNKNOWN: a value known only after the update
Failures = Iterator[tuple[str, str]]


def is_empty(value: Any) -> bool:
    """Whether a value means the same as not being set, as it does in the official provider's schema."""
    return value is None or value is False or value in ("", 0) or value in ([], {})


def has_unknown(value: Any) -> bool:
    """Whether any part of a value is known only after the update."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def describe(value: Any) -> str:
    """Name the kind of a wrong value, never the value itself: it may be a secret put in the wrong place."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        ((int, float), "a number"),
        (str, "a string"),
        (Mapping, "an object"),
        (Sequence, "a list"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "nothing")


@dataclass(frozen=True)
class Value:
    """Anything; the base of every kind."""

    def check(self, value: Any, path: str) -> Failures:
        """Yield what is wrong with a declared value that is known."""
        del value, path
        yield from ()

    def encode(self, value: Any) -> Any:
        """Turn a declared value into what the cloud takes."""
        return value

    def decode(self, value: Any) -> Any:
        """Turn the cloud's answer into what Pulumi sees."""
        return value

    def same(self, old: Any, new: Any) -> bool:
        """Whether the declared value `new` already is what the cloud holds as `old`."""
        return bool(old == new) or (is_empty(old) and is_empty(new))

    def shows(self, value: Any) -> bool:
        """Whether an import declares a value of the state."""
        return value not in (None, "", [], {})

    def prefer(self, held: Any, given: Any) -> Any:
        """Return what to show: the given spelling while it means what the cloud holds."""
        return given if given is not None and self.same(held, given) else held


@dataclass(frozen=True)
class Text(Value):
    """A string, of some allowed choices or lengths."""

    choices: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no string, no allowed choice, or of a length the cloud refuses."""
        if not isinstance(value, str):
            yield path, f"expected a string, got {describe(value)}"
        elif self.choices and value not in self.choices:
            hint = did_you_mean(value, self.choices)
            shown = (
                ", ".join(self.choices)
                if len(self.choices) <= 20
                else f"{len(self.choices)} values of the service's model"
            )
            yield path, f"expected one of [{shown}]{hint}"
        elif len(value) < self.least or (self.most is not None and len(value) > self.most):
            most = "any" if self.most is None else self.most
            yield path, f"expected {self.least} to {most} characters, got {len(value)}"


@dataclass(frozen=True)
class Number(Value):
    """A number, whole or not, between limits, or one of `extra`."""

    whole: bool = True
    least: float | None = None
    most: float | None = None
    extra: tuple[float, ...] = ()

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no number or beyond the limits."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield path, f"expected a number, got {describe(value)}"
        elif self.whole and float(value) != int(value):
            yield path, f"expected a whole number, got {value}"
        elif value not in self.extra and not self._within(value):
            also = f" or {', '.join(f'{item:g}' for item in self.extra)}" if self.extra else ""
            yield path, f"expected {_bound(self.least)} to {_bound(self.most)}{also}, got {value:g}"

    def _within(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def encode(self, value: Any) -> Any:
        """Send whole numbers as integers: Pulumi hands every number over as a double."""
        return int(value) if self.whole else float(value)

    def same(self, old: Any, new: Any) -> bool:
        """Compare by value; unset and zero are the same to the official provider."""
        return (is_empty(old) and is_empty(new)) or (old is not None and new is not None and float(old) == float(new))


def _bound(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"


@dataclass(frozen=True)
class Numeral(Value):
    """A number that Pulumi writes as a string."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse a string that is no number."""
        if not isinstance(value, str) or _float(value) is None:
            yield path, f"expected a number in a string, got {describe(value)}"

    def encode(self, value: Any) -> Any:
        """Send the number."""
        return _float(value)

    def decode(self, value: Any) -> Any:
        """Show the number as text."""
        return None if value is None else f"{value:g}"

    def same(self, old: Any, new: Any) -> bool:
        """Compare numbers, not spellings; here zero is not the same as nothing."""
        if not old or not new:
            return not old and not new
        return _float(old) == _float(new)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Flag(Value):
    """A boolean."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no boolean."""
        if not isinstance(value, bool):
            yield path, f"expected a boolean, got {describe(value)}"


@dataclass(frozen=True)
class Timestamp(Value):
    """A point in time, written as RFC 3339."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is not written as RFC 3339."""
        if not isinstance(value, str) or instant(value) is None:
            yield path, "expected a time such as 2030-01-31T00:00:00Z"

    def encode(self, value: Any) -> Any:
        """Send an instant in UTC."""
        return instant(value)

    def decode(self, value: Any) -> Any:
        """Show an instant in UTC, whole seconds."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return value

    def same(self, old: Any, new: Any) -> bool:
        """Compare instants, not spellings."""
        if is_empty(old) or is_empty(new):
            return is_empty(old) and is_empty(new)
        return instant(old) == instant(new)


def instant(text: Any) -> datetime | None:
    """Return the time that a text means; None where it is not written as RFC 3339 with an offset."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
