"""The state an update would lead to, as far as it is known before it."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.resource import fill
from keystead_sandbox.pulumi_provider.gcp.steps import compare
from keystead_sandbox.pulumi_provider.structures import Structure
from keystead_sandbox.pulumi_provider.values import Value, has_unknown


def preview(context: Context, unknown: str) -> dict[str, Any]:
    """Return the state to come; what only the cloud can say is unknown."""
    state = _changed(context, unknown) if context.state else _new(context, unknown)
    for one in context.resource.labels:
        if not has_unknown(context.inputs.get(one.property)):
            state[one.effective] = labels.wanted(context, one)
            state.update({one.managed: labels.managed(context, one)} if one.managed else {})
    return {name: value for name, value in state.items() if value is not None}


def _new(context: Context, unknown: str) -> dict[str, Any]:
    resource, shown = context.resource, _declared(context)
    found = {name: opened(resource.kinds.get(name), value, {}, unknown) for name, value in shown.items()}
    made = [name for name, entry in resource.properties.items() if entry.computed and name not in shown]
    marked = [name for one in resource.labels for name in labels.names(one)[1:]]
    return {
        **dict.fromkeys([*resource.outputs, *made, *marked], unknown),
        **found,
        **_foretold(context, shown, unknown),
    }


def _changed(context: Context, unknown: str) -> dict[str, Any]:
    resource, shown = context.resource, _declared(context)
    changed = {change.property for change in compare(context)[0]}
    found = {
        name: opened(resource.kinds.get(name), shown[name], context.state.get(name), unknown)
        for name in changed.intersection(shown)
    }
    gone = {name for name in changed.intersection(resource.properties) if name not in shown}
    kept = {name: value for name, value in context.state.items() if name not in gone}
    return {**kept, **found, **(dict.fromkeys(resource.volatile, unknown) if changed else {})}


def _declared(context: Context) -> dict[str, Any]:
    return {name: value for name, value in context.effective().items() if name != "__defaults"}


def _foretold(context: Context, shown: Mapping[str, Any], unknown: str) -> dict[str, Any]:
    def look(name: str) -> Any:
        return shown.get(name) or context.look(name) or unknown

    found = {name: fill(template, look) for name, template in context.resource.foretold.items()}
    return {name: unknown if unknown in value else value for name, value in found.items()}


def opened(kind: Value | None, value: Any, held: Any, unknown: str) -> Any:
    """Return a declared block with what the cloud fills in: as it was, or unknown."""
    if not isinstance(kind, Structure) or not isinstance(value, Mapping):
        return value
    before = held if isinstance(held, Mapping) else {}
    filled = dict(value)
    for name, entry in kind.fields.items():
        if name in filled:
            filled[name] = opened(entry.kind, filled[name], before.get(name), unknown)
        elif entry.computed:
            filled[name] = before.get(name, unknown)
    return filled
