"""Rotation over Secret Manager's versions and aliases: killed anywhere, repeated, overtaken, out of order."""

import contextlib
import datetime as dt

import pytest
from keystead.functions.rotator.strategies.random import RandomRotator
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import clock

from tests.components.functions.fake_secret_manager import NAME
from tests.components.functions.memory import Crash, Fault, Kill, World
from tests.components.functions.shapes import shape
from tests.components.functions.stores import gcp_setup
from tests.components.functions.stores.gcp_setup import Setup

MOST_CALLS = 46
"""More calls than one rotation makes, so that the parametrized faults reach the last of them."""
ERRORS = pytest.mark.parametrize("error", [Crash, Kill])
BEFORE = pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
CALLS = pytest.mark.parametrize("call", range(1, MOST_CALLS + 1))


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    return gcp_setup.build(world)


def test_a_first_value_and_a_rotation_are_labelled_and_noted(setup: Setup) -> None:
    assert setup.store.state(NAME).current is None
    assert setup.store.current_since(NAME) is None
    assert setup.run("message-1") == "message-1"
    assert setup.run("message-2") == "message-2"
    state = setup.store.state(NAME)
    assert (state.current, state.previous, state.pending) == ("message-2", "message-1", None)
    assert setup.store.current_since(NAME) == setup.world.now
    assert set(setup.cloud.aliases) == {
        *("current", "previous", "message-1", "message-2"),
        f"since-{int(setup.world.now.timestamp())}",
    }


@ERRORS
@BEFORE
@CALLS
def test_a_rotation_killed_at_any_call_leaves_the_current_value_and_the_next_try_completes_it(
    setup: Setup, call: int, before: bool, error: type[BaseException]
) -> None:
    setup.run("message-1")
    setup.run("message-2")
    first, old = setup.cloud.value("previous"), setup.cloud.value("current")
    with contextlib.suppress(Crash, Kill):
        setup.world.attempt(lambda: setup.run("message-3"), Fault(call, before, error=error))
    setup.assert_valid()
    setup.rotation.run(NAME, "message-3", setup.world.now)
    setup.assert_valid()
    assert setup.cloud.value("current") not in (old, first)
    assert setup.cloud.value("previous") == old
    assert first in setup.service.refused
    setup.tidy()
    setup.tidy()
    labelled = {setup.cloud.aliases[label] for label in ("current", "previous")}
    assert setup.cloud.enabled() == labelled
    assert {version["state"] for version in setup.cloud.versions.values()} == {"ENABLED", "DESTROYED"}
    assert len(setup.cloud.aliases) == 5
    assert setup.cloud.value("current") not in setup.service.abandoned


@CALLS
@pytest.mark.parametrize("other", ["message-2", "message-3"], ids=["the same message", "another message"])
def test_two_messages_for_one_due_rotation_give_one_new_value_however_they_interleave(
    setup: Setup, call: int, other: str
) -> None:
    setup.run("message-1")
    old, due = setup.cloud.value("current"), setup.world.now + dt.timedelta(minutes=1)
    setup.world.now = due
    outcomes: list[str | None] = []
    twin = Fault(call, meanwhile=lambda: outcomes.append(setup.rotation.run(NAME, other, due)))
    setup.world.attempt(lambda: outcomes.append(setup.rotation.run(NAME, "message-2", due)), twin)
    setup.assert_valid()
    assert setup.cloud.value("previous") == old
    assert setup.store.state(NAME).pending is None
    setup.tidy()
    assert len(setup.cloud.enabled()) == 2
    assert setup.cloud.value("current") not in setup.service.abandoned


def test_a_message_from_before_the_value_became_current_is_served_already(setup: Setup) -> None:
    setup.run("message-1")
    setup.run("message-2")
    assert setup.run("message-2", minutes=5) is None
    assert setup.run("message-1", minutes=5) is None
    assert setup.run("message-0", minutes=5) is None
    assert len(setup.service.issued) == 2


@pytest.mark.parametrize("error", [Crash, Kill])
def test_a_value_of_a_shape_no_longer_asked_for_is_replaced_in_the_same_rotation(
    setup: Setup, error: type[BaseException]
) -> None:
    setup.run("message-1")
    shapes = [shape(prefix) for prefix in ("old_", "new_")]
    before, after = (RotationWorkflow(setup.store, {NAME: RandomRotator(shape)}, setup.pass_time) for shape in shapes)
    asked = setup.world.now + dt.timedelta(minutes=1)
    with pytest.raises(error):
        setup.world.attempt(lambda: before.run(NAME, "message-2", asked), Fault(14, error=error))
    assert str(setup.cloud.value("pending")).startswith("old_")
    assert after.run(NAME, "message-2", asked) == "message-2"
    assert str(setup.cloud.value("current")).startswith("new_")
    assert setup.cloud.value("previous") == setup.service.issued[0]
