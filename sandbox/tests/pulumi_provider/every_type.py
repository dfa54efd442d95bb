"""The promises that hold for every type of a table, through the interface the engine uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.schema import Schema
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN
from tests.pulumi_provider.engine_side import EngineSide, Made, RefusedError

UNCHANGED, CHANGED = 1, 2
Inputs = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One type: its first inputs, what an update changes, what a replacement changes."""

    type: str
    inputs: Callable[[Any], Inputs]
    change: Callable[[Any], Inputs] | None = None
    """None where every change replaces."""
    replacement: Callable[[Any], Inputs] | None = None
    """None where only another project replaces."""
    stays: bool = False
    """Deleting it leaves something the plugin still can read, as the official provider does."""
    imports: Callable[[Made], str] | None = lambda made: made.id
    """The official form of an import; None where there is none."""
    fresh: tuple[str, ...] = ()
    """Ground that one test uses up."""
    unread: frozenset[str] = frozenset({"labels", "annotations"})
    """What an import does not know: the cloud does not return it, or it is not authoritative."""


class EveryType:
    """A test class of one cloud has its `table` and `cases`, and fixtures: `case`, `declared`, `engine`, `ground`."""

    table: Mapping[str, Schema]
    cases: tuple[Case, ...]

    def test_every_type_of_the_table_has_a_case(self) -> None:
        assert {case.type for case in self.cases} == set(self.table)

    def test_what_was_created_is_read_back_unchanged(self, made: Made, engine: EngineSide, declared: Inputs) -> None:
        again = engine.read(made)
        assert (again.id, again.state, again.inputs) == (made.id, made.state, made.inputs)
        assert engine.diff(made, declared).changes == UNCHANGED

    def test_a_create_whose_answer_was_lost_is_taken_up(
        self, case: Case, made: Made, engine: EngineSide, declared: Inputs
    ) -> None:
        again = engine.create(case.type, "subject", declared)
        assert again.id == made.id
        assert engine.diff(again, declared).changes == UNCHANGED

    def test_an_import_knows_what_was_declared(
        self, case: Case, made: Made, engine: EngineSide, declared: Inputs
    ) -> None:
        if case.imports is None:
            with pytest.raises(RefusedError, match="cannot be imported"):
                engine.imported(case.type, "imported", made.id)
            return
        imported = engine.imported(case.type, "imported", case.imports(made))
        assert imported.id == made.id
        assert declared.keys() - case.unread <= imported.inputs.keys()
        difference = engine.diff(Made(case.type, "imported", made.id, {}, imported.state), declared)
        assert set(difference.diffs) <= case.unread | {"pulumiLabels"}

    def test_a_change_in_place_reaches_the_cloud(
        self, case: Case, made: Made, engine: EngineSide, ground: Any, declared: Inputs
    ) -> None:
        if case.change is None:
            assert all(entry.replace is not False for entry in self.table[case.type].properties.values())
            return
        wanted = _merge(declared, case.change(ground))
        difference = engine.diff(made, wanted)
        assert (difference.changes, list(difference.replaces)) == (CHANGED, [])
        updated = engine.update(made, wanted)
        assert engine.read(updated).state == updated.state
        assert engine.diff(updated, wanted).changes == UNCHANGED
        for name, value in wanted.items():
            if isinstance(value, str | int | float | bool):
                assert updated.state[name] == value
        made.state = updated.state

    def test_what_cannot_change_in_place_replaces(
        self, case: Case, made: Made, engine: EngineSide, ground: Any, declared: Inputs
    ) -> None:
        if case.replacement is None:
            properties = self.table[case.type].properties
            assert [name for name, entry in properties.items() if entry.replace is not False] == ["project"]
            return
        change = case.replacement(ground)
        difference = engine.diff(made, _merge(declared, change))
        assert difference.replaces
        assert set(difference.replaces) <= set(change)
        if difference.deleteBeforeReplace:
            engine.delete(made)
        replacement = engine.create(case.type, "replacement", _merge(declared, change))
        assert engine.read(replacement).state == replacement.state
        engine.delete(replacement)

    def test_what_was_deleted_is_gone_and_deleting_it_again_succeeds(
        self, case: Case, engine: EngineSide, declared: Inputs
    ) -> None:
        made = engine.create(case.type, "short-lived", declared)
        engine.delete(made)
        engine.delete(made)
        assert case.stays or engine.read(made).id == ""

    def test_what_vanished_in_the_cloud_is_gone_after_a_refresh(
        self, case: Case, connect: Callable[..., EngineSide], engine: EngineSide, declared: Inputs
    ) -> None:
        made = engine.create(case.type, "vanishing", declared)
        connect().delete(made)
        assert engine.read(made).id == (made.id if case.stays else "")

    def test_a_preview_shows_what_is_declared_and_hides_what_is_not_known(
        self, case: Case, engine: EngineSide, declared: Inputs
    ) -> None:
        shown, resource = engine.preview(case.type, "previewed", declared), self.table[case.type]
        for name, value in declared.items():
            assert _covers(shown[name], value), name
        hidden = set(resource.outputs) - set(resource.properties) - set(resource.predicted)
        assert all(shown[name] == UNKNOWN for name in hidden)

    def test_what_a_preview_predicts_comes_true(self, case: Case, made: Made, engine: EngineSide) -> None:
        shown = engine.preview(case.type, "subject", {k: v for k, v in made.inputs.items() if k != "__defaults"})
        for name in self.table[case.type].predicted:
            assert shown[name] == made.state[name]
        known = {name: value for name, value in shown.items() if not isinstance(value, dict | list)}
        expected = {name: made.state.get(name, value) for name, value in known.items() if value != UNKNOWN}
        assert {name: known[name] for name in expected} == expected


def _covers(shown: Any, value: Any) -> bool:
    if isinstance(value, dict) and isinstance(shown, dict):
        return all(_covers(shown.get(name), item) for name, item in value.items())
    return bool(shown == value)


def _merge(inputs: Inputs, change: Inputs) -> Inputs:
    return {name: value for name, value in {**inputs, **change}.items() if value is not None}
