"""What differs between a known state and declared inputs, and what a difference asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider.schema import Schema
from keystead_sandbox.pulumi_provider.values.scalars import has_unknown


@dataclass(frozen=True)
class Difference:
    """One property that changes; `kind` is add, delete or update."""

    property: str
    kind: str = "update"
    replace: bool = False


def differences(resource: Schema, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Difference]:
    """Compare a state with inputs, as the official provider's schema would."""
    return [
        Difference(name, change, entry.replaces(state.get(name), inputs.get(name)))
        for name, entry in resource.properties.items()
        if (change := _change(resource, name, state.get(name), inputs.get(name)))
    ]


def _change(resource: Schema, name: str, old: Any, new: Any) -> str:
    kind = resource.kinds[name]
    if new is None:
        return "" if resource.properties[name].computed or kind.same(old, None) else "delete"
    if not has_unknown(new) and kind.same(old, new):
        return ""
    return "add" if old is None else "update"


def deletes_first(resource: Schema, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether a replacement must delete first: a name the user chose, kept, cannot be held twice."""
    if resource.name is None:
        return False
    name = resource.name.property
    chosen = name not in inputs.get("__defaults", [])
    return chosen and inputs.get(name) is not None and inputs.get(name) == state.get(name)
