"""Every type of the table, through the interface the engine uses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.values import UNKNOWN
from tests.pulumi_provider.engine_side import EngineSide, Made, RefusedError
from tests.pulumi_provider.gcp.cases import CASES, Case, Ground

UNCHANGED, CHANGED = 1, 2


@pytest.fixture(params=CASES, ids=lambda case: case.type)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def declared(case: Case, ground: Ground) -> dict[str, Any]:
    return case.inputs(ground)


@pytest.fixture
def made(case: Case, engine: EngineSide, declared: dict[str, Any]) -> Iterator[Made]:
    made = engine.create(case.type, "subject", declared)
    yield made
    engine.delete(made)


def test_every_type_of_the_table_has_a_case() -> None:
    assert {case.type for case in CASES} == set(RESOURCES)


def test_what_was_created_is_read_back_unchanged(
    case: Case, made: Made, engine: EngineSide, declared: dict[str, Any]
) -> None:
    again = engine.read(made)
    assert again.id == made.id
    assert again.state == made.state
    assert again.inputs == made.inputs
    assert engine.diff(made, declared).changes == UNCHANGED


def test_a_create_whose_answer_was_lost_is_taken_up(
    case: Case, made: Made, engine: EngineSide, declared: dict[str, Any]
) -> None:
    again = engine.create(case.type, "subject", declared)
    assert again.id == made.id
    assert engine.diff(again, declared).changes == UNCHANGED


def test_an_import_knows_what_was_declared(
    case: Case, made: Made, engine: EngineSide, declared: dict[str, Any]
) -> None:
    if case.imports is None:
        with pytest.raises(RefusedError, match="cannot be imported"):
            engine.imported(case.type, "imported", made.id)
        return
    imported = engine.imported(case.type, "imported", case.imports(made))
    assert imported.id == made.id
    assert {name for name in declared if name not in case.unread} <= imported.inputs.keys()
    difference = engine.diff(Made(case.type, "imported", made.id, {}, imported.state), declared)
    assert set(difference.diffs) <= case.unread | {"pulumiLabels"}


def test_a_change_in_place_reaches_the_cloud(
    case: Case, made: Made, engine: EngineSide, ground: Ground, declared: dict[str, Any]
) -> None:
    wanted = _merge(declared, case.change(ground))
    if wanted == declared:
        assert not case.change(ground)
        return
    difference = engine.diff(made, wanted)
    assert difference.changes == CHANGED
    assert list(difference.replaces) == []
    updated = engine.update(made, wanted)
    assert engine.read(updated).state == updated.state
    assert engine.diff(updated, wanted).changes == UNCHANGED
    for name, value in wanted.items():
        if isinstance(value, str | int | float | bool):
            assert updated.state[name] == value
    made.state = updated.state


def test_what_cannot_change_in_place_replaces(
    case: Case, made: Made, engine: EngineSide, ground: Ground, declared: dict[str, Any]
) -> None:
    change = case.replacement(ground)
    if not change:
        assert all(entry.replace in {True, False} for entry in RESOURCES[case.type].properties.values())
        return
    wanted = _merge(declared, change)
    difference = engine.diff(made, wanted)
    assert list(difference.replaces)
    assert set(difference.replaces) <= set(change)
    if difference.deleteBeforeReplace:
        engine.delete(made)
    replacement = engine.create(case.type, "replacement", wanted)
    assert engine.read(replacement).state == replacement.state
    engine.delete(replacement)


def test_what_was_deleted_is_gone_and_deleting_it_again_succeeds(
    case: Case, engine: EngineSide, declared: dict[str, Any]
) -> None:
    made = engine.create(case.type, "short-lived", declared)
    engine.delete(made)
    engine.delete(made)
    assert case.stays or engine.read(made).id == ""


def test_a_preview_shows_what_is_declared_and_hides_what_is_not_known(
    case: Case, engine: EngineSide, declared: dict[str, Any]
) -> None:
    shown = engine.preview(case.type, "previewed", declared)
    for name, value in declared.items():
        assert _covers(shown[name], value), name
    resource = RESOURCES[case.type]
    hidden = set(resource.outputs) - set(resource.properties) - set(resource.foretold)
    assert all(shown[name] == UNKNOWN for name in hidden)


def test_what_a_preview_foretells_comes_true(case: Case, made: Made, engine: EngineSide) -> None:
    shown = engine.preview(case.type, "subject", {k: v for k, v in made.inputs.items() if k != "__defaults"})
    for name in RESOURCES[case.type].foretold:
        assert shown[name] == made.state[name]
    assert _without_unknown(shown) == {name: made.state.get(name) for name in _without_unknown(shown)}


def test_what_vanished_in_the_cloud_is_gone_after_a_refresh(
    case: Case, connect: Callable[..., EngineSide], engine: EngineSide, declared: dict[str, Any]
) -> None:
    made = engine.create(case.type, "vanishing", declared)
    connect().delete(made)
    found = engine.read(made).id
    assert found == (made.id if case.stays else "")


def _covers(shown: Any, value: Any) -> bool:
    if isinstance(value, dict) and isinstance(shown, dict):
        return all(_covers(shown.get(name), item) for name, item in value.items())
    return bool(shown == value)


def _without_unknown(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if not isinstance(value, dict | list) and value != UNKNOWN}


def _merge(inputs: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**inputs, **change}.items() if value is not None}
