"""Creating one resource so that it can be interrupted and repeated, whatever the cloud."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.journal import Entry, Journal
from keystead_sandbox.pulumi_provider.plugin import Answer


class Steps(Protocol):
    """What one cloud does on the way to one resource."""

    def similar(self) -> list[str]:
        """Return the ids that, later, could be mistaken for the result of this create."""

    def make(self) -> str:
        """Make the creating call; return the id."""

    def finish(self) -> Answer:
        """Make what follows the creating call, and read the result."""

    def left_behind(self, before: Collection[str], claimed: Collection[str]) -> str:
        """Return the id of what a create made whose answer nobody saw; nothing where there is none.

        `before` was there before it began; `claimed` belongs to other creates.
        """

    def take_up(self, resource_id: str) -> dict[str, Any] | None:
        """Return the state of what exists under an id, or None when it is gone."""

    def differences(self, state: Mapping[str, Any]) -> list[Difference]:
        """Compare that state with what is declared now."""

    def adjust(self, state: Mapping[str, Any], changed: Collection[Difference]) -> Answer:
        """Bring it to what is declared now."""

    def discard(self, state: Mapping[str, Any]) -> None:
        """Remove it: what is declared now needs another."""


def create(steps: Steps, journal: Journal, urn: str) -> Answer:
    """Make a resource, or take up what an interrupted create of the same URN left behind."""
    with journal.turn(urn):
        entry = journal.find(urn)
        answer = _resume(steps, journal, urn, entry) if entry else None
        return answer or _make(steps, journal, urn)


def _make(steps: Steps, journal: Journal, urn: str) -> Answer:
    journal.intend(urn, steps.similar())
    try:
        resource_id = steps.make()
    except CloudError as error:
        if error.code:  # without an answer nobody knows whether the call took effect: then the intent stays
            journal.forget(urn)
        raise
    journal.made(urn, resource_id)
    return steps.finish()


def _resume(steps: Steps, journal: Journal, urn: str, entry: Entry) -> Answer | None:
    """Adopt what an interrupted create left: bring it to what is declared now, or remove it when that needs another.

    What is not declared stays, as a create is not told what to ignore: others may have set it since, such as the
    aliases of a value that was rotated in meanwhile. If it was declared before, the next update takes it away.
    """
    resource_id = entry.id or steps.left_behind(entry.before, journal.claimed())
    state = steps.take_up(resource_id) if resource_id else None
    if state is None:
        journal.forget(urn)
        return None
    journal.made(urn, resource_id)
    changed = steps.differences(state)
    if any(change.replace for change in changed):
        steps.discard(state)
        journal.forget(urn)
        return None
    return steps.adjust(state, [change for change in changed if change.kind != "delete"])
