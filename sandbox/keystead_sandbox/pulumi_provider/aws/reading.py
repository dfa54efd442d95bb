"""Rebuilding a resource's state and inputs from the cloud."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.calls import Context, invoke, perform, walk
from keystead_sandbox.pulumi_provider.aws.resource import Call, fill


def observe(context: Context) -> bool:
    """Read the resource into the record; False when the cloud does not have it."""
    for index, call in enumerate(context.resource.read):
        if call.when and not call.when(context):
            continue
        if not perform(call, context) and index == 0:
            return False
        if index == 0 and context.resource.gone(context.record):
            return False
    return True


def build_state(context: Context, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state as the cloud has it.

    `known` supplies what the cloud never returns, and the spelling of values that mean the same as the cloud's.
    """
    resource = context.resource
    state: dict[str, Any] = {}
    for name, entry in resource.properties.items():
        if entry.carried:
            state[name] = known.get(name, None if known else entry.default)
            continue
        kind = resource.kinds[name]
        held = kind.decode(context.record.get(entry.answer or entry.attribute or resource.member(name)))
        state[name] = kind.prefer(held, known.get(name))
    state.update({name: _output(context, source) for name, source in resource.outputs.items()})
    if resource.regional:
        state["region"] = context.region
    if resource.tags:
        state.update(_tags(context, known, state))
    return {name: value for name, value in state.items() if value is not None}


def build_inputs(context: Context, state: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that would make this state: those declared before, or every one when importing."""
    names = [*context.resource.properties, *(["tags"] if context.resource.tags else [])]
    if declared:
        kinds = context.resource.kinds
        inputs = {
            name: declared[name] if kinds[name].same(state[name], declared[name]) else state[name]
            for name in names
            if name in declared and name in state
        }
        kept = {name: declared[name] for name in ("region", "__defaults") if name in declared}
        return {**inputs, **kept}
    inputs = {name: state[name] for name in names if state.get(name) not in (None, "", [], {})}
    region = {"region": state["region"]} if state.get("region") not in (None, context.session.region) else {}
    return {**inputs, **region, "__defaults": []}


def identify(context: Context) -> str:
    """Fill in the resource's id from what AWS answered or what was declared."""

    def look(name: str) -> Any:
        return context.record.get(name) or context.look(name)

    identity = context.resource.identity
    return fill(identity, look) if isinstance(identity, str) else identity(context)


def _output(context: Context, source: str) -> Any:
    if source.startswith("$"):
        return context.look(source[1:])
    if "{" in source:
        return fill(source, lambda name: context.record.get(name) or context.look(name))
    value = walk(context.record, source)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _tags(context: Context, known: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    tagging = context.resource.tags
    if tagging is None:
        return {}
    raw = context.record.get(tagging.tags)
    if tagging.listing:
        target = tagging.value.removeprefix("$")
        reply = invoke(context, Call(tagging.listing), {tagging.target: state.get(target) or context.look(target)})
        raw = (reply or {}).get(tagging.tags)
    every = tagging.decode(raw)
    defaults, declared = context.session.default_tags, known.get("tags") or {}
    own = {key: value for key, value in every.items() if key in declared or defaults.get(key) != value}
    return {"tags": own or None, "tagsAll": every}
