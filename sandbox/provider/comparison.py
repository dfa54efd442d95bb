"""What differs between a known state and declared inputs, and what a difference asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.provider.resource import Resource
from sandbox.provider.values import has_unknown


@dataclass(frozen=True)
class Difference:
    """One property that changes; `kind` is add, delete or update."""

    property: str
    kind: str
    replace: bool


def differences(
    resource: Resource, state: Mapping[str, Any], inputs: Mapping[str, Any], region: str, tags: Mapping[str, str]
) -> list[Difference]:
    """Compare a state with inputs, as the official provider's schema would.

    `region` and `tags` are what the provider's configuration gives this resource.
    """
    found = [
        Difference(name, change, entry.replace)
        for name, entry in resource.properties.items()
        if (change := _change(resource, name, state.get(name), inputs.get(name)))
    ]
    if resource.tags:
        found += _tag_differences(state, inputs, tags)
    if resource.regional and state.get("region") and not has_unknown(region) and state["region"] != region:
        found.append(Difference("region", "update", replace=True))
    return found


def _change(resource: Resource, name: str, old: Any, new: Any) -> str:
    if new is None:
        return "" if resource.properties[name].computed or resource.kinds[name].same(old, None) else "delete"
    if has_unknown(new):
        return "add" if old is None else "update"
    if resource.kinds[name].same(old, new):
        return ""
    return "add" if old is None else "update"


def _tag_differences(state: Mapping[str, Any], inputs: Mapping[str, Any], tags: Mapping[str, str]) -> list[Difference]:
    old, new = state.get("tags") or {}, inputs.get("tags") or {}
    if has_unknown(new):
        return [Difference("tags", "update", replace=False), Difference("tagsAll", "update", replace=False)]
    found = []
    if old != new:
        kind = "add" if not old else "update" if new else "delete"
        found.append(Difference("tags", kind, replace=False))
    if dict(state.get("tagsAll") or {}) != {**tags, **new}:
        found.append(Difference("tagsAll", "update", replace=False))
    return found


def deletes_first(resource: Resource, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether a replacement must delete first: a name the user chose, kept, cannot be held twice."""
    if resource.name is None:
        return False
    name = resource.name.property
    chosen = name not in inputs.get("__defaults", [])
    return chosen and inputs.get(name) is not None and inputs.get(name) == state.get(name)
