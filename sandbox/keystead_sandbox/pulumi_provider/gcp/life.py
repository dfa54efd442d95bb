"""One GCP resource's life, with the operations of its line in the table."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.body import take
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.lifecycle import Answer, Life
from keystead_sandbox.pulumi_provider.previews import fill
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, has_unknown


class GcpLife(Life[Resource, Context]):
    """One GCP resource of one request."""

    def effective(self) -> dict[str, Any]:
        """Return what is declared, with the provider's settings where they stand in."""
        return self.context.effective()

    def create(self, journal: Journal, urn: str, asked: Callable[[], bool] = lambda: True) -> Answer:
        """Need no journal where creating twice does no harm."""
        if not self.resource.operations.repeatable:
            return super().create(journal, urn, asked)
        self.make()
        return self.settle(self.complete)

    def make(self) -> None:
        """Make the creating call."""
        self.resource.operations.create(self.context)

    def complete(self) -> None:
        """Do what follows it."""
        self.resource.operations.complete(self.context)

    def observe(self) -> bool:
        """Read the resource."""
        found = self.resource.operations.read(self.context)
        self.context.record = {} if found is None else self.resource.decode(self.context, found)
        return found is not None

    def build_state(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties, the labels and the outputs."""
        resource, context = self.resource, self.context
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
        state.update({name: self._output(source, state) for name, source in resource.outputs.items()})
        return {name: value for name, value in state.items() if value is not None}

    def _output(self, source: str, state: Mapping[str, Any]) -> Any:
        record = self.context.record
        if "{" not in source:
            return take(record, source)
        return fill(source, lambda name: take(record, name) or state.get(name) or self.context.look(name))

    def change(self, changed: Collection[str]) -> None:
        """Make the updating calls."""
        self.resource.operations.update(self.context, changed)

    def delete(self) -> None:
        """Make the deleting calls."""
        self.resource.operations.delete(self.context)

    def similar(self) -> list[str]:
        """Return what is there already and could be mistaken for the result."""
        return self.resource.operations.similar(self.context)

    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Find what a create made whose answer was lost."""
        return self.resource.operations.left_behind(self.context, before, claimed)

    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Read what exists under an id, by its own name and not by the one that is declared now."""
        declared = self.context
        self.context = replace(declared, inputs={}, state={}, id=resource_id, record={})
        try:
            if not self.observe():
                return None
            declared.id, declared.record = self.context.id, self.context.record
            return self.build_state({})
        finally:
            self.context = declared

    def unfinished(self) -> list[Difference]:
        """Send again what may not have been finished."""
        return [*self.differences(), *map(Difference, self.resource.again)]

    def adjust(self, changed: Collection[Difference]) -> Answer:
        """Do what follows a create, too."""
        self.update(changed)
        return self.settle(self.complete)

    def forgets(self, name: str) -> bool:
        """Drop what no setting of the provider stands in for."""
        return not self.resource.properties[name].fallback

    def look(self, name: str) -> Any:
        """Find a name in the request or in the provider's settings."""
        return self.context.look(name)

    def differences(self) -> list[Difference]:
        """Compare properties, labels, and what only the table can compare."""
        return [*super().differences(), *labels.differences(self.context), *self.resource.detect(self.context)]

    def compare(self) -> tuple[list[Difference], bool]:
        """Tell by the id whether a replacement must delete first, where no property is the name."""
        changed, first = super().compare()
        if self.resource.name is None and any(change.replace for change in changed):
            inputs = self.context.inputs
            first = fill(self.resource.id, lambda name: inputs.get(name) or self.look(name)) == self.context.id
        return changed, first

    def preview(self) -> dict[str, Any]:
        """Show the labels that the provider manages, too."""
        state = super().preview()
        for one in self.resource.labels:
            unknown = has_unknown(self.context.inputs.get(one.property))
            if unknown and self.context.state:
                continue
            state[one.effective] = UNKNOWN if unknown else labels.wanted(self.context, one)
            if one.managed:
                state[one.managed] = UNKNOWN if unknown else labels.managed(self.context, one)
        return {name: value for name, value in state.items() if value is not None}
