"""The life of one resource, whatever the cloud: created so that it can be interrupted, read, compared and updated."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from keystead_sandbox.pulumi_provider import comparison, previews
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.context import Context
from keystead_sandbox.pulumi_provider.errors import CloudError, PartialError, ProviderError
from keystead_sandbox.pulumi_provider.journal import Entry, Journal
from keystead_sandbox.pulumi_provider.schema import Schema

Answer = tuple[str, dict[str, Any]]
"""An id and a state."""
SchemaT = TypeVar("SchemaT", bound=Schema)
ContextT = TypeVar("ContextT", bound=Context[Any])


class Life(ABC, Generic[SchemaT, ContextT]):
    """One resource of one request. A cloud says how calls are made; when they are made is the same for all."""

    def __init__(self, resource: SchemaT, context: ContextT) -> None:
        self.resource, self.context = resource, context

    @abstractmethod
    def make(self) -> None:
        """Make the creating call; from then on the context has an id."""

    @abstractmethod
    def complete(self) -> None:
        """Make the calls that follow the creating one."""

    @abstractmethod
    def observe(self) -> bool:
        """Read the resource into the context's record; False when the cloud does not have it."""

    @abstractmethod
    def build_state(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state as the cloud has it.

        `known` supplies what the cloud never returns, and the spelling of values that mean the same as the cloud's.
        """

    @abstractmethod
    def change(self, changed: Collection[str]) -> None:
        """Make the calls that bring these properties to what is declared."""

    @abstractmethod
    def delete(self) -> None:
        """Remove the resource; one that is absent already is success."""

    @abstractmethod
    def similar(self) -> list[str]:
        """Return the ids that, later, could be mistaken for the result of this create."""

    @abstractmethod
    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Return the id of what a create made whose answer nobody saw; nothing where there is none.

        `before` was there before it began; `claimed` belongs to other creates.
        """

    @abstractmethod
    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Return the state of what exists under an id, or None when it is gone."""

    @abstractmethod
    def forgets(self, name: str) -> bool:
        """Whether the state drops a property that is not declared any more."""

    def identify(self) -> str:
        """Return the resource's id."""
        return self.context.id

    def effective(self) -> dict[str, Any]:
        """Return what is declared, with the provider's settings where they stand in."""
        return {name: value for name, value in self.context.inputs.items() if name != "__defaults"}

    def create(self, journal: Journal, urn: str, asked: Callable[[], bool] = lambda: True) -> Answer:
        """Make the resource, or take up what an interrupted create of the same URN left behind.

        `asked` says whether the engine still waits for it: the request of one that was killed may come to its turn
        after those of the next engine, and would make a second resource.
        """
        with journal.exclusive(urn):
            if not asked():
                raise ProviderError("the engine that asked for it has ended")
            entry = journal.find(urn)
            answer = self._resume(journal, urn, entry) if entry else None
            return answer or self._make(journal, urn)

    def _make(self, journal: Journal, urn: str) -> Answer:
        journal.intend(urn, self.similar())
        try:
            self.make()
        except CloudError as error:
            if error.code:  # without an answer nobody knows whether the call took effect: then the intent stays
                journal.forget(urn)
            raise
        journal.made(urn, self.context.id)
        return self.settle(self.complete)

    def _resume(self, journal: Journal, urn: str, entry: Entry) -> Answer | None:
        """Adopt what an interrupted create left: bring it to what is declared now, or remove it if that needs another.

        What is not declared stays, as a create is not told what to ignore: others may have set it since, such as the
        aliases of a value that was rotated in meanwhile. If it was declared before, the next update takes it away.
        """
        resource_id = entry.id or self.left_behind(entry.before, journal.claimed())
        state = self.take_up(resource_id) if resource_id else None
        if state is None:
            journal.forget(urn)
            return None
        journal.made(urn, resource_id)
        fresh, self.context = self.context, replace(self.context, state=state)
        changed = self.unfinished()
        if any(change.replace for change in changed):
            self.context = replace(self.context, inputs={})
            self.delete()
            self.context = replace(fresh, id="", record={})
            journal.forget(urn)
            return None
        return self.adjust([change for change in changed if change.kind != "delete"])

    def unfinished(self) -> list[Difference]:
        """Return what an interrupted create still has to change."""
        return self.differences()

    def adjust(self, changed: Collection[Difference]) -> Answer:
        """Bring what an interrupted create left to what is declared now."""
        return self.update(changed)

    def read(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, state and inputs as the cloud has them; an empty id when the resource is gone."""
        declared, known = self.context.inputs, {**self.context.state, **self.effective()}
        self.context.inputs = {}
        if not self.observe():
            return "", {}, {}
        state = self.build_state(known)
        return self.identify(), state, self.build_inputs(state, declared)

    def build_inputs(self, state: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs that would make this state: those declared before, or every one when importing."""
        kinds = self.resource.kinds
        if not declared:
            return {**{name: state[name] for name in kinds if kinds[name].shows(state.get(name))}, "__defaults": []}
        inputs = {
            name: declared[name] if kinds[name].same(state[name], declared[name]) else state[name]
            for name in kinds
            if name in declared and name in state
        }
        beside = {name: declared[name] for name in declared if name == "__defaults" or name not in kinds}
        return {**inputs, **beside}

    def differences(self) -> list[Difference]:
        """Return what differs from what is declared."""
        return comparison.differences(self.resource, self.context.state, self.effective())

    def compare(self) -> tuple[list[Difference], bool]:
        """Return what differs from what is declared, and whether a replacement must delete first."""
        return self.differences(), comparison.deletes_first(self.resource, self.context.state, self.context.inputs)

    def preview(self) -> dict[str, Any]:
        """Return the state an update would lead to, as far as it is known before it."""
        context, declared = self.context, self.effective()
        if not context.state:
            return previews.created(self.resource, declared, self.look)
        return previews.updated(self.resource, declared, context.state, {one.property for one in self.differences()})

    @abstractmethod
    def look(self, name: str) -> Any:
        """Find a name for a template: a property, a part of the id, or a setting of the provider."""

    def update(self, changed: Collection[Difference]) -> Answer:
        """Bring the resource to what is declared, where it differs in these properties."""
        return self.settle(lambda: self.change({difference.property for difference in changed}))

    def settle(self, work: Callable[[], None]) -> Answer:
        """Make calls, then read the result; a failure on the way returns what there is and why it is not finished."""
        context, properties = self.context, self.resource.properties
        known, created = {**context.state, **self.effective()}, dict(context.record)
        try:
            work()
        except CloudError as error:
            context.record = {}
            if not self.observe():
                raise
            before = {name: context.state.get(name) for name in properties} if context.state else {}
            raise PartialError(self.identify(), self.build_state({**known, **before}), str(error)) from None
        context.record = created
        if not self.observe():
            raise CloudError(self.resource.type, "", f"{context.id} is gone right after it was written")
        undeclared = [name for name in properties if context.inputs.get(name) is None and name in context.state]
        known.update(dict.fromkeys(filter(self.forgets, undeclared)))
        return self.identify(), self.build_state(known)
