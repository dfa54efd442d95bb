"""One GCP resource's life: made, read, updated and deleted with the operations of its line in the table."""

from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider import comparison, lifecycle
from keystead_sandbox.pulumi_provider.comparison import Difference, deletes_first
from keystead_sandbox.pulumi_provider.errors import CloudError, PartialError
from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.reading import build_inputs, build_state, observe
from keystead_sandbox.pulumi_provider.gcp.resource import fill
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Answer


class Steps:
    """The way to a new resource."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def similar(self) -> list[str]:
        """Return what is there already and could be mistaken for the result."""
        return self._context.resource.operations.similar(self._context)

    def make(self) -> str:
        """Make the creating call."""
        self._context.resource.operations.create(self._context)
        return self._context.id

    def finish(self) -> Answer:
        """Do what follows it."""
        return _settle(self._context, lambda: self._context.resource.operations.complete(self._context))

    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Find what a create made whose answer was lost: by its name, or by its looks where the service names it."""
        operations, context = self._context.resource.operations, self._context
        if isinstance(operations, Rest) and operations.answers:
            others = {*before, *claimed}
            listed = [found for found in operations.listed(context) if found["name"] not in others]
            return next((str(found["name"]) for found in listed if operations.alike(context, found)), "")
        return next((found for found in operations.similar(context) if found not in before), "")

    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Read what exists under an id, by its own name and not by the one that is declared now."""
        context = self._context
        seen = Context(context.resource, context.session, context.name, {}, {}, resource_id)
        if not observe(seen):
            return None
        context.id, context.record = seen.id, seen.record
        return build_state(seen, {})

    def differences(self, state: Mapping[str, Any]) -> list[Difference]:
        """Compare it with what is declared now; what may not have been finished is sent again."""
        again = [Difference(name, "update", replace=False) for name in self._context.resource.again]
        return [*differences(self._with(state)), *again]

    def adjust(self, state: Mapping[str, Any], changed: Collection[Difference]) -> Answer:
        """Bring it to what is declared now, and finish it."""
        context = self._with(state)
        update(context, changed)
        return _settle(context, lambda: context.resource.operations.complete(context))

    def discard(self, state: Mapping[str, Any]) -> None:
        """Remove it."""
        context = self._context
        gone = Context(context.resource, context.session, context.name, {}, state, context.id)
        context.resource.operations.delete(gone)
        context.id, context.record = "", {}

    def _with(self, state: Mapping[str, Any]) -> Context:
        context = self._context
        return Context(context.resource, context.session, context.name, context.inputs, state, context.id)


def create(context: Context, journal: Journal, urn: str) -> Answer:
    """Make a resource, or take up what an interrupted create of the same URN left behind."""
    if context.resource.operations.repeatable:
        steps = Steps(context)
        steps.make()
        return steps.finish()
    return lifecycle.create(Steps(context), journal, urn)


def read(context: Context) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return id, state and inputs as the cloud has them; an empty id when the resource is gone."""
    declared = context.inputs
    context.inputs = {}
    if not observe(context):
        return "", {}, {}
    known = {**context.state, **{key: declared[key] for key in declared if key != "__defaults"}}
    state = build_state(context, known)
    return context.id, state, build_inputs(context, state, declared)


def differences(context: Context) -> list[Difference]:
    """Return what differs from the declared inputs."""
    resource = context.resource
    found = comparison.differences(resource.properties, resource.kinds, context.state, context.effective())
    return found + labels.differences(context) + resource.detect(context)


def compare(context: Context) -> tuple[list[Difference], bool]:
    """Return what differs from the declared inputs, and whether a replacement must delete first.

    A name that the user chose cannot be held twice; where no property is the name, the id says so.
    """
    changed = differences(context)
    first = deletes_first(context.resource.name, context.state, context.inputs)
    if context.resource.name is None and any(change.replace for change in changed):
        first = _future_id(context) == context.id
    return changed, first


def _future_id(context: Context) -> str:
    return fill(context.resource.id, lambda name: context.inputs.get(name) or context.look(name))


def update(context: Context, changed: Collection[Difference]) -> Answer:
    """Bring a resource to what is declared."""
    names = {change.property for change in changed}
    return _settle(context, lambda: context.resource.operations.update(context, names))


def _settle(context: Context, work: Any) -> Answer:
    """Do the work, then read the result; a failure on the way returns what there is and why it is not finished."""
    declared = {name: value for name, value in context.effective().items() if name != "__defaults"}
    known = {**context.state, **declared}
    properties = context.resource.properties
    before = {name: context.state.get(name) for name in properties} if context.state else {}
    try:
        work()
    except CloudError as error:
        if not observe(context):
            raise
        raise PartialError(context.id, build_state(context, {**known, **before}), str(error)) from None
    if not observe(context):
        raise CloudError(context.resource.api, "", f"{context.id} is gone right after it was written")
    dropped = {name: None for name, entry in properties.items() if _dropped(context, name, fallback=entry.fallback)}
    settled = {name: value for name, value in {**known, **dropped}.items() if value is not None or name in dropped}
    return context.id, build_state(context, settled)


def _dropped(context: Context, name: str, *, fallback: bool) -> bool:
    """Whether a property was declared before and is not any more."""
    return not fallback and name in context.state and context.inputs.get(name) is None


def delete(context: Context) -> None:
    """Remove a resource; one that is absent already is success."""
    context.resource.operations.delete(context)
