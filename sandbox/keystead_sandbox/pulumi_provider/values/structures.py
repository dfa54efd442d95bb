"""Objects with named fields: the nested blocks of a property."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Failures, Value, describe, is_empty


@dataclass(frozen=True)
class Field:
    """One field: its name in the cloud, its kind, whether it must be given, and whether the cloud fills it in."""

    member: str
    kind: Value
    required: bool = False
    computed: bool = False
    default: Any = None


@dataclass(frozen=True)
class Structure(Value):
    """An object whose fields the service model knows; any other is refused by name.

    `single` means that the cloud keeps a list where Pulumi shows its one object.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    single: bool = False

    def check(self, value: Any, path: str) -> Failures:
        """Refuse unknown fields, missing ones and wrong values."""
        if not isinstance(value, Mapping):
            yield path, f"expected an object, got {describe(value)}"
            return
        for name in value:
            if name not in self.fields:
                yield f"{path}.{name}", f"unknown property; {_known(name, self.fields)}"
        for name, entry in self.fields.items():
            given = value.get(name)
            if given is None:
                if entry.required:
                    yield f"{path}.{name}", "missing required property"
            elif given != UNKNOWN:
                yield from entry.kind.check(given, f"{path}.{name}")

    def encode(self, value: Any) -> Any:
        """Send every given field under the cloud's name."""
        sent = {
            entry.member: entry.kind.encode(value[name])
            for name, entry in self.fields.items()
            if value.get(name) is not None
        }
        return [sent] if self.single else sent

    def decode(self, value: Any) -> Any:
        """Show every field that the cloud returned."""
        if self.single:
            value = value[0] if value else None
        if not value:
            return None
        shown = {
            name: entry.kind.decode(value[entry.member])
            for name, entry in self.fields.items()
            if value.get(entry.member) is not None
        }
        return {name: item for name, item in shown.items() if item is not None} or None

    def same(self, old: Any, new: Any) -> bool:
        """Compare the declared fields; one not declared must be empty, at its default, or filled in by the cloud."""
        old, new = old or {}, new or {}
        for name, entry in self.fields.items():
            held, wanted = old.get(name), new.get(name)
            if wanted is None:
                if not (entry.computed or is_empty(held) or held == entry.default):
                    return False
            elif not entry.kind.same(held, wanted):
                return False
        return True

    def prefer(self, held: Any, given: Any) -> Any:
        """Show what the cloud filled in beside the given fields."""
        if not given or not self.same(held, given):
            return super().prefer(held, given)
        held = held or {}
        spelled = {name: self.fields[name].kind.prefer(held.get(name), value) for name, value in given.items()}
        return {**held, **spelled}


@dataclass(frozen=True)
class Only(Value):
    """An object that Pulumi shows as a list of at most one."""

    inner: Value = field(default_factory=Value)

    def check(self, value: Any, path: str) -> Failures:
        """Refuse more than one."""
        if not isinstance(value, list) or len(value) > 1:
            yield path, f"expected a list of at most one object, got {describe(value)}"
            return
        for entry in value:
            yield from self.inner.check(entry, f"{path}[0]")

    def encode(self, value: Any) -> Any:
        """Send the one object."""
        return self.inner.encode(value[0]) if value else None

    def decode(self, value: Any) -> Any:
        """Show the object in a list."""
        shown = self.inner.decode(value) if value else None
        return [shown] if shown else None

    def same(self, old: Any, new: Any) -> bool:
        """Compare the one object."""
        return self.inner.same(old[0] if old else None, new[0] if new else None)


def _known(name: str, fields: Mapping[str, Field]) -> str:
    return f"known are {', '.join(sorted(fields))}{did_you_mean(name, fields)}"
