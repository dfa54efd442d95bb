"""One AWS resource's life: made, read, updated and deleted with the calls of its line in the table."""

from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider import lifecycle
from keystead_sandbox.pulumi_provider.aws.calls import Context, merged_tags, perform
from keystead_sandbox.pulumi_provider.aws.comparison import differences
from keystead_sandbox.pulumi_provider.aws.reading import build_inputs, build_state, identify, observe
from keystead_sandbox.pulumi_provider.aws.resource import Call, fill
from keystead_sandbox.pulumi_provider.comparison import Difference, deletes_first
from keystead_sandbox.pulumi_provider.errors import CloudError, PartialError
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Answer
from keystead_sandbox.pulumi_provider.values import has_unknown, is_empty


class Steps:
    """The way to a new resource."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def similar(self) -> list[str]:
        """Return the ids of all resources where they have no name of their own."""
        census = self._context.resource.census
        return census(self._context) if census else []

    def make(self) -> str:
        """Make the creating call."""
        perform(self._context.resource.create, self._context, declared=True)
        self._context.id = identify(self._context)
        return self._context.id

    def finish(self) -> Answer:
        """Make the calls that follow it."""
        changes = self._context.resource.changes
        return _settle(self._context, [call for call in changes if call.at_create and _wanted(call, self._context)], {})

    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Find what a create made whose answer even the plugin never saw; its tags must prove that it is ours."""
        context, resource = self._context, self._context.resource
        if resource.census:
            others = {*before, *claimed}
            candidates = [found for found in resource.census(context) if found not in others]
            return next((found for found in candidates if resource.alike(context, found)), "")
        if not resource.lookup:
            return ""
        lookup = resource.lookup
        context.id = fill(lookup, context.look) if isinstance(lookup, str) else lookup(context)
        if not observe(context):
            return ""
        state = build_state(context, context.inputs)
        ours = not resource.tags or dict(state.get("tagsAll") or {}) == merged_tags(context)
        return identify(context) if ours else ""

    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Read what exists under an id."""
        context = self._context
        context.id = resource_id
        if not observe(context):
            context.id, context.record = "", {}
            return None
        context.id = identify(context)
        state = build_state(context, {})
        context.record = {}
        return state

    def differences(self, state: Mapping[str, Any]) -> list[Difference]:
        """Compare it with what is declared now."""
        context = self._context
        return differences(context.resource, state, context.inputs, context.region, context.session.default_tags)

    def adjust(self, state: Mapping[str, Any], changed: Collection[Difference]) -> Answer:
        """Bring it to what is declared now."""
        context = self._context
        return update(
            Context(context.resource, context.session, context.name, context.inputs, state, context.id), changed
        )

    def discard(self, state: Mapping[str, Any]) -> None:
        """Remove it."""
        context = self._context
        delete(Context(context.resource, context.session, context.name, {}, state, context.id))
        context.id = ""


def create(context: Context, journal: Journal, urn: str) -> Answer:
    """Make a resource, or take up what an interrupted create of the same URN left behind."""
    return lifecycle.create(Steps(context), journal, urn)


def read(context: Context) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return id, state and inputs as the cloud has them; an empty id when the resource is gone."""
    declared = context.inputs
    context.inputs = {}
    if not observe(context):
        return "", {}, {}
    state = build_state(context, {**context.state, **{key: declared[key] for key in declared if key != "__defaults"}})
    return identify(context), state, build_inputs(context, state, declared)


def compare(context: Context) -> tuple[list[Difference], bool]:
    """Return what differs from the declared inputs, and whether a replacement must delete first."""
    changed = differences(
        context.resource,
        context.state,
        context.inputs,
        context.inputs.get("region") or context.session.region,
        context.session.default_tags,
    )
    return changed, deletes_first(context.resource.name, context.state, context.inputs)


def update(context: Context, changed: Collection[Difference]) -> Answer:
    """Bring a resource to what is declared, with the calls that the changes need."""
    names = {change.property for change in changed}
    calls = [call for call in context.resource.changes if names.intersection(call.of) and _fits(call, context)]
    return _settle(context, calls, context.state, names)


def _settle(
    context: Context, calls: list[Call], before: Mapping[str, Any], changed: Collection[str] | None = None
) -> Answer:
    """Make the calls, then read the result; a failure on the way returns what there is and why it is not finished."""
    known = {**before, **{name: value for name, value in context.inputs.items() if name != "__defaults"}}
    created = dict(context.record)
    try:
        for call in calls:
            perform(call, context, declared=True, changed=changed)
        if changed is not None and {"tags", "tagsAll"}.intersection(changed):
            _retag(context)
    except CloudError as error:
        context.record = {}
        if not observe(context):
            raise
        unsure = {**known, **{name: before.get(name) for name in context.resource.properties}} if before else known
        raise PartialError(identify(context), build_state(context, unsure), str(error)) from None
    context.record = created
    if not observe(context):
        raise CloudError(context.resource.service, "", f"{context.id} is gone right after it was written")
    state = build_state(context, {**known, **{name: None for name in before if _unset(context, name)}})
    return identify(context), state


def _unset(context: Context, name: str) -> bool:
    entry = context.resource.properties.get(name)
    return bool(entry and entry.carried and context.inputs.get(name) is None)


def _retag(context: Context) -> None:
    tagging = context.resource.tags
    if tagging is None:
        return
    old, new = dict(context.state.get("tagsAll") or {}), merged_tags(context)
    target = {tagging.target: tagging.value}
    gone = sorted(set(old) - set(new))
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if gone:
        perform(Call(tagging.untag, {**target, tagging.keys: lambda _: gone}, answer=()), context)
    if changed:
        perform(Call(tagging.tag, {**target, tagging.tags: lambda _: tagging.encode(changed)}, answer=()), context)


def delete(context: Context) -> None:
    """Remove a resource; one that is absent already is success."""
    for call in context.resource.delete:
        if _fits(call, context):
            perform(call, context)


def _wanted(call: Call, context: Context) -> bool:
    return any(context.inputs.get(name) is not None for name in call.of) and _fits(call, context)


def _fits(call: Call, context: Context) -> bool:
    return call.when is None or call.when(context)


def preview(context: Context, unknown: str) -> dict[str, Any]:
    """Return the state an update would lead to, as far as it is known before it."""
    resource = context.resource
    shown = {name: value for name, value in context.inputs.items() if name != "__defaults"}
    if not context.state:
        state = {**dict.fromkeys(resource.outputs, unknown), **_computed(context, unknown), **shown}
    else:
        changed = {change.property for change in compare(context)[0]}
        state = {**context.state, **{name: shown.get(name) for name in changed}, **shown}
        state.update({name: unknown for name, causes in resource.volatile.items() if changed.intersection(causes)})
    if resource.tags:
        state["tagsAll"] = unknown if has_unknown(context.inputs.get("tags")) else merged_tags(context)
    if resource.regional:
        state["region"] = context.region
    return state


def _computed(context: Context, unknown: str) -> dict[str, Any]:
    properties = context.resource.properties
    return {name: unknown for name, entry in properties.items() if entry.computed and is_empty(entry.default)}
