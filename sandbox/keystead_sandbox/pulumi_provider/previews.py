"""The state that a create or an update would lead to, as far as it is known before it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.schema import Schema
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Value, is_empty
from keystead_sandbox.pulumi_provider.values.structures import Structure


def fill(template: str, look: Callable[[str], Any]) -> str:
    """Fill a template's {names}; {+name} stands for a whole path."""
    return re.sub(r"\{\+?(\w+)\}", lambda found: _text(look(found[1])), template)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def created(resource: Schema, declared: Mapping[str, Any], look: Callable[[str], Any]) -> dict[str, Any]:
    """Return the state of a new resource; what only the cloud can say is unknown."""
    shown = {name: opened(resource.kinds.get(name), value, {}) for name, value in declared.items()}
    made = [name for name, entry in resource.properties.items() if entry.computed and is_empty(entry.default)]
    predicted = {
        name: fill(template, lambda part: declared.get(part) or look(part) or UNKNOWN)
        for name, template in resource.predicted.items()
    }
    known = {name: UNKNOWN if UNKNOWN in value else value for name, value in predicted.items()}
    return {**dict.fromkeys([*resource.outputs, *made], UNKNOWN), **shown, **known}


def updated(
    resource: Schema, declared: Mapping[str, Any], state: Mapping[str, Any], changed: set[str]
) -> dict[str, Any]:
    """Return the state of a changed resource; what the change may change elsewhere is unknown."""
    gone = {name for name in changed.intersection(resource.kinds) if name not in declared}
    kept = {name: value for name, value in state.items() if name not in gone}
    found = {
        name: opened(resource.kinds.get(name), declared[name], state.get(name))
        for name in changed.intersection(declared)
    }
    volatile = [name for name, causes in resource.volatile.items() if changed.intersection(causes or changed)]
    return {**kept, **found, **dict.fromkeys(volatile, UNKNOWN)}


def opened(kind: Value | None, value: Any, held: Any) -> Any:
    """Return a declared block with what the cloud fills in: as it was, or unknown."""
    if not isinstance(kind, Structure) or not isinstance(value, Mapping):
        return value
    before = held if isinstance(held, Mapping) else {}
    filled = dict(value)
    for name, entry in kind.fields.items():
        if name in filled:
            filled[name] = opened(entry.kind, filled[name], before.get(name))
        elif entry.default is not None:
            filled[name] = entry.default
        elif entry.computed:
            filled[name] = before.get(name, UNKNOWN)
    return filled
