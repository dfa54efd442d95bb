"""Rebuilding a resource's state and inputs from the cloud."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.body import take
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.resource import fill
from keystead_sandbox.pulumi_provider.gcp.values import Block
from keystead_sandbox.pulumi_provider.values import Value


def observe(context: Context) -> bool:
    """Read the resource into the record; False when the cloud does not have it."""
    found = context.resource.operations.read(context)
    context.record = {} if found is None else context.resource.decode(context, found)
    return found is not None


def build_state(context: Context, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state as the cloud has it.

    `known` supplies what the cloud never returns, and the spelling of values that mean the same as the cloud's.
    """
    resource = context.resource
    state: dict[str, Any] = {}
    for name, entry in resource.properties.items():
        kind = resource.kinds[name]
        if entry.local or entry.unread:
            held = context.look(name)
            shown = known.get(name, held if held is not None else entry.default)
            state[name] = context.record.get(f"_{name}", shown)
        else:
            state[name] = kind.prefer(kind.decode(take(context.record, resource.path(name))), known.get(name))
    state.update(labels.shown(context, dict(known)))
    state.update({name: _output(context, source, state) for name, source in resource.outputs.items()})
    return {name: value for name, value in state.items() if value is not None}


def build_inputs(context: Context, state: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that would make this state: those declared before, or every one when importing."""
    kinds = context.resource.kinds
    if declared:
        inputs = {
            name: declared[name] if kinds[name].same(state[name], declared[name]) else state[name]
            for name in kinds
            if name in declared and name in state
        }
        return {**inputs, **({"__defaults": declared["__defaults"]} if "__defaults" in declared else {})}
    found = {name: state[name] for name, kind in kinds.items() if _is_there(kind, state.get(name))}
    return {**found, "__defaults": []}


def _is_there(kind: Value, value: Any) -> bool:
    return value not in (None, "", [], {}) or (isinstance(kind, Block) and kind.present and value == {})


def _output(context: Context, source: str, state: Mapping[str, Any]) -> Any:
    if "{" not in source:
        return take(context.record, source)

    def look(name: str) -> Any:
        return take(context.record, name) or state.get(name) or context.look(name)

    return fill(source, look)
