"""The kinds of value that Google's APIs have beyond the common ones.

What the official provider holds to be the same is read from its diff suppressions (magic-modules, tpgresource).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider.values.scalars import Failures, Text, Value, describe, instant, is_empty
from keystead_sandbox.pulumi_provider.values.structures import Structure

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)s")
_SENSITIVE_CASE = ("principal:", "principalSet:", "principalHierarchy:")
_MEMBER = re.compile(r".+:.+|projectOwners|projectReaders|projectWriters|allUsers|allAuthenticatedUsers")


@dataclass(frozen=True)
class Duration(Text):
    """Seconds with an `s`, as in 86400s."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no such duration."""
        if not isinstance(value, str) or not (value == "" or _DURATION.fullmatch(value)):
            yield path, "expected a duration in seconds such as 86400s"

    def same(self, old: Any, new: Any) -> bool:
        """Compare seconds, not spellings."""
        return super().same(old, new) or (_seconds(old) is not None and _seconds(old) == _seconds(new))


def _seconds(text: Any) -> float | None:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    return float(found[1]) if found else None


@dataclass(frozen=True)
class TimestampText(Text):
    """A point in time, RFC 3339."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is not written as RFC 3339."""
        if not isinstance(value, str) or instant(value) is None:
            yield path, "expected a time such as 2030-01-31T00:00:00Z"

    def same(self, old: Any, new: Any) -> bool:
        """Compare instants, not spellings."""
        return super().same(old, new) or (instant(old) is not None and instant(old) == instant(new))


@dataclass(frozen=True)
class Whole(Value):
    """A 64-bit number, which Google's JSON carries as text."""

    text: bool = False
    """Whether Pulumi has it as text too."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no whole number."""
        fits = isinstance(value, str) and value.lstrip("-").isdigit() if self.text else _is_whole(value)
        if not fits:
            yield path, f"expected a whole number{' in a string' if self.text else ''}, got {describe(value)}"

    def encode(self, value: Any) -> Any:
        """Send digits."""
        return str(int(value))

    def decode(self, value: Any) -> Any:
        """Show a number, or its digits."""
        return None if value is None else str(value) if self.text else int(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()


@dataclass(frozen=True)
class Named(Text):
    """A resource, by its name or its path: both mean the same."""

    def same(self, old: Any, new: Any) -> bool:
        """Compare paths from their ends, as far as both go."""
        if is_empty(old) or is_empty(new):
            return is_empty(old) and is_empty(new)
        one, other = str(old).split("/"), str(new).split("/")
        length = min(len(one), len(other))
        return one[-length:] == other[-length:] and (length == 1 or len(one) == len(other))


@dataclass(frozen=True)
class Exactly(Named):
    """A path that a service answers with the project's number where its id was given."""

    def same(self, old: Any, new: Any) -> bool:
        """Compare what follows the project."""
        return _below_project(old) == _below_project(new) if old and new else super().same(old, new)


def _below_project(name: Any) -> str:
    return re.sub(r"^projects/[^/]+/", "", str(name))


@dataclass(frozen=True)
class Member(Text):
    """Somebody in a policy; only federated principals keep the case of their letters."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what can be no member, as the official provider does."""
        if isinstance(value, str) and value.startswith("deleted"):
            yield path, "a deleted principal cannot be a member"
        elif not isinstance(value, str) or not _MEMBER.fullmatch(value):
            yield path, "expected a member such as serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"

    def same(self, old: Any, new: Any) -> bool:
        """Compare without case where case means nothing."""
        return canonical_member(old) == canonical_member(new)


def canonical_member(member: Any) -> str:
    """Write a member as the official provider does: lower case after its kind."""
    kind, colon, name = str(member or "").partition(":")
    return f"{kind}:{name}" if f"{kind}:" in _SENSITIVE_CASE else f"{kind}{colon}{name.lower()}"


@dataclass(frozen=True)
class Block(Structure):
    """An object; what is empty in it is not sent, but for the fields of `keeps`.

    `present`: an empty object means something else than none. `made`: fields that only the cloud fills in.
    """

    present: bool = False
    keeps: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what a structure refuses, and what only the cloud can say."""
        yield from super().check(value, path)
        for name in sorted(self.made.intersection(value) if isinstance(value, Mapping) else ()):
            if value[name] is not None:
                yield f"{path}.{name}", "is made by the cloud and cannot be declared"

    def encode(self, value: Any) -> Any:
        """Send what is not empty and the official provider's defaults, each field at its place."""
        sent: dict[str, Any] = {}
        for name, entry in self.fields.items():
            given = entry.default if value.get(name) is None else value[name]
            encoded = None if given is None else entry.kind.encode(given)
            kept = name in self.keeps or _is_present(entry.kind, encoded)
            if encoded is None or (is_empty(encoded) and not kept):
                continue
            sent[entry.member] = encoded
        return [sent] if self.single else sent

    def decode(self, value: Any) -> Any:
        """Show the object; an empty one too where its presence means something."""
        if value == {} and self.present:
            return {}
        return super().decode(value) or ({} if self.present and isinstance(value, Mapping) else None)

    def shows(self, value: Any) -> bool:
        """Declare an empty object where its presence means something."""
        return super().shows(value) or (self.present and value == {})

    def same(self, old: Any, new: Any) -> bool:
        """Compare presence where it means something, then the fields."""
        if self.present and (old is None) != (new is None):
            return False
        return super().same(old, new)


def _is_present(kind: Value, encoded: Any) -> bool:
    return isinstance(kind, Block) and kind.present and isinstance(encoded, dict)
