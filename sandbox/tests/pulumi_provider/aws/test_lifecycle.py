"""Every type of the table, through the interface the engine uses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from tests.pulumi_provider.aws.cases import CASES, Case, Ground
from tests.pulumi_provider.engine_side import EngineSide, Made

UNCHANGED, CHANGED = 1, 2


@pytest.fixture(scope="module")
def ground(connect: Callable[..., EngineSide], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    directory = tmp_path_factory.mktemp("code")
    (directory / "main.py").write_text("def handle(event, context):\n    return event\n")
    archive = {
        "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7",
        "path": str(directory),
        "hash": "a",
    }
    ground = Ground(connect(), archive)
    yield ground
    ground.close()


@pytest.fixture(params=CASES, ids=lambda case: case.type)
def case(request: pytest.FixtureRequest, ground: Ground) -> Iterator[Case]:
    found: Case = request.param
    yield found
    ground.renew(*found.fresh)


@pytest.fixture
def made(case: Case, engine: EngineSide, ground: Ground) -> Iterator[Made]:
    made = engine.create(case.type, "subject", case.inputs(ground))
    yield made
    engine.delete(made)


def test_every_type_of_the_table_has_a_case() -> None:
    assert {case.type for case in CASES} == set(RESOURCES)


def test_what_was_created_is_read_back_unchanged(case: Case, made: Made, engine: EngineSide, ground: Ground) -> None:
    again = engine.read(made)
    assert again.id == made.id
    assert again.state == made.state
    assert again.inputs == made.inputs
    assert engine.diff(made, case.inputs(ground)).changes == UNCHANGED


def test_a_create_whose_answer_was_lost_is_taken_up(case: Case, made: Made, engine: EngineSide, ground: Ground) -> None:
    again = engine.create(case.type, "subject", case.inputs(ground))
    assert again.id == made.id
    assert engine.diff(again, case.inputs(ground)).changes == UNCHANGED


def test_an_import_knows_what_was_declared(case: Case, made: Made, engine: EngineSide, ground: Ground) -> None:
    imported = engine.imported(case.type, "imported", case.imports(made))
    declared = {name: value for name, value in case.inputs(ground).items() if name not in case.unread}
    assert imported.id == made.id
    assert declared.keys() <= imported.inputs.keys()
    relevant = {name: imported.inputs[name] for name in declared}
    difference = engine.diff(Made(case.type, "imported", made.id, {}, imported.state), {**case.inputs(ground)})
    assert relevant.keys() == declared.keys()
    assert set(difference.diffs) <= case.unread


def test_a_change_in_place_reaches_the_cloud(case: Case, made: Made, engine: EngineSide, ground: Ground) -> None:
    wanted = _merge(case.inputs(ground), case.change(ground))
    difference = engine.diff(made, wanted)
    assert list(difference.replaces) == []
    updated = engine.update(made, wanted)
    assert engine.read(updated).state == updated.state
    assert engine.diff(updated, wanted).changes == UNCHANGED
    for name, value in wanted.items():
        if name not in case.unread and isinstance(value, str | int | float | bool):
            assert updated.state[name] == value


def test_what_cannot_change_in_place_replaces(case: Case, made: Made, engine: EngineSide, ground: Ground) -> None:
    wanted = _merge(case.inputs(ground), case.replacement(ground))
    difference = engine.diff(made, wanted)
    assert list(difference.replaces)
    assert set(difference.replaces) <= set(case.replacement(ground))
    if difference.deleteBeforeReplace:
        engine.delete(made)
    replacement = engine.create(case.type, "subject", wanted)
    assert engine.read(replacement).state == replacement.state
    engine.delete(replacement)


def test_what_was_deleted_is_gone_and_deleting_it_again_succeeds(
    case: Case, engine: EngineSide, ground: Ground
) -> None:
    made = engine.create(case.type, "short-lived", case.inputs(ground))
    engine.delete(made)
    engine.delete(made)
    assert case.stays or engine.read(made).id == ""


def test_a_preview_shows_what_is_declared_and_hides_what_is_not_known(
    case: Case, engine: EngineSide, ground: Ground
) -> None:
    shown = engine.preview(case.type, "previewed", case.inputs(ground))
    assert {name: shown[name] for name in case.inputs(ground)} == case.inputs(ground)
    unknown = set(RESOURCES[case.type].outputs) - set(RESOURCES[case.type].properties)
    assert all(shown[name] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9" for name in unknown)


def _merge(inputs: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**inputs, **change}.items() if value is not None}
