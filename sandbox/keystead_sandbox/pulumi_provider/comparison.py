"""What differs between a known state and declared inputs, and what a difference asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values import Value, has_unknown


@dataclass(frozen=True)
class Difference:
    """One property that changes; `kind` is add, delete or update."""

    property: str
    kind: str
    replace: bool


class Compared(Protocol):
    """What a comparison has to know of a property."""

    def replaces(self, old: Any, new: Any, /) -> bool:
        """Whether a change of it needs another resource."""

    @property
    def computed(self) -> bool:
        """Whether not declaring it keeps what the cloud holds."""


def differences(
    properties: Mapping[str, Compared], kinds: Mapping[str, Value], state: Mapping[str, Any], inputs: Mapping[str, Any]
) -> list[Difference]:
    """Compare a state with inputs, as the official provider's schema would."""
    return [
        Difference(name, change, entry.replaces(state.get(name), inputs.get(name)))
        for name, entry in properties.items()
        if (change := _change(entry, kinds[name], state.get(name), inputs.get(name)))
    ]


def _change(entry: Compared, kind: Value, old: Any, new: Any) -> str:
    if new is None:
        return "" if entry.computed or kind.same(old, None) else "delete"
    if has_unknown(new):
        return "add" if old is None else "update"
    if kind.same(old, new):
        return ""
    return "add" if old is None else "update"


def deletes_first(rule: Autoname | None, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether a replacement must delete first: a name the user chose, kept, cannot be held twice."""
    if rule is None:
        return False
    chosen = rule.property not in inputs.get("__defaults", [])
    return chosen and inputs.get(rule.property) is not None and inputs.get(rule.property) == state.get(rule.property)
