"""The rotation contract, step by step: repeated, twice at once, killed anywhere, out of order."""

import contextlib
import dataclasses

import pytest
from keystead.functions.rotator.workflow import RotationStep, RotationWorkflow
from keystead.functions.shared.errors import OutOfOrderError, RefusedError, StaleTokenError, VerificationError

from tests.components.functions.memory import LATER, SECRET, Crash, Fault, MemoryStore, ServiceRotator, World

STEPS = list(RotationStep)
MOST_CALLS = 12
"""More calls than any one step makes, so that the parametrized faults reach the last of them."""


@dataclasses.dataclass
class Setup:
    world: World
    store: MemoryStore
    service: ServiceRotator
    rotation: RotationWorkflow

    def step(self, step: RotationStep, token: str) -> None:
        self.rotation.step(step, SECRET, token)

    def rotate(self, token: str) -> None:
        self.store.begin(token)
        for step in STEPS:
            self.step(step, token)

    def assert_valid(self, *tokens: str) -> None:
        """Assert that readers can use the current value, one of the tokens', and the previous one unless retired."""
        assert self.store.bearer("current") in tokens
        assert self.store.value(self.store.bearer("current")) in self.service.accepted
        previous = self.store.value(self.store.bearer("previous"))
        assert previous is None or previous in self.service.accepted | self.service.refused


@pytest.fixture
def setup() -> Setup:
    world = World()
    store, service = MemoryStore(world), ServiceRotator(world)
    return Setup(world, store, service, RotationWorkflow(store, {SECRET: service}))


def test_the_first_rotation_needs_no_current_value(setup: Setup) -> None:
    setup.rotate("a")
    setup.assert_valid("a")
    assert setup.store.bearer("previous") is None


def test_after_a_rotation_both_the_new_and_the_previous_value_work(setup: Setup) -> None:
    setup.rotate("a")
    setup.rotate("b")
    setup.assert_valid("b")
    assert setup.store.bearer("previous") == "a"
    assert setup.store.value("a") in setup.service.accepted


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, MOST_CALLS + 1))
@pytest.mark.parametrize("killed", STEPS)
def test_a_step_killed_at_any_call_leaves_the_current_value_valid_and_the_retry_completes(
    setup: Setup, killed: RotationStep, call: int, before: bool
) -> None:
    setup.rotate("a")
    setup.rotate("b")
    setup.store.begin("c")
    for step in STEPS[: STEPS.index(killed)]:
        setup.step(step, "c")
    with contextlib.suppress(Crash):
        setup.world.attempt(lambda: setup.step(killed, "c"), Fault(call, before))
    setup.assert_valid("b", "c")
    for step in STEPS:
        setup.step(step, "c")
    setup.assert_valid("c")
    assert setup.store.bearer("previous") == "b"


@pytest.mark.parametrize("call", range(1, MOST_CALLS + 1))
@pytest.mark.parametrize("doubled", STEPS)
def test_a_step_run_twice_at_once_does_what_one_run_does(setup: Setup, doubled: RotationStep, call: int) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    for step in STEPS[: STEPS.index(doubled)]:
        setup.step(step, "b")
    twin = Fault(call, meanwhile=lambda: setup.step(doubled, "b"))
    setup.world.attempt(lambda: setup.step(doubled, "b"), twin)
    setup.assert_valid("a", "b")
    for step in STEPS[STEPS.index(doubled) + 1 :]:
        setup.step(step, "b")
    setup.assert_valid("b")


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_repeated_at_once_and_after_the_rotation(setup: Setup, step: RotationStep) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    for each in STEPS:
        setup.step(each, "b")
        setup.step(each, "b")
    value = setup.store.value("b")
    setup.step(step, "b")
    setup.store.cancel()
    setup.step(step, "b")
    setup.assert_valid("b")
    assert setup.store.value("b") == value


def test_a_retry_uses_the_pending_value_that_is_there(setup: Setup) -> None:
    setup.store.begin("a")
    setup.step(RotationStep.CREATE, "a")
    setup.step(RotationStep.CREATE, "a")
    assert setup.service.issued == [setup.store.value("a")]


def test_a_schedule_can_be_tested_without_a_rotation(setup: Setup) -> None:
    """Secrets Manager runs that step alone, with a version that has no value and gets none."""
    setup.rotate("a")
    setup.store.begin("b")
    setup.rotation.step(RotationStep.VERIFY, SECRET, "b")
    assert setup.store.state(SECRET).current == "a"


def test_a_tested_schedule_gives_a_secret_without_any_value_its_first_one(setup: Setup) -> None:
    setup.store.begin("a")
    setup.rotation.step(RotationStep.VERIFY, SECRET, "a")
    assert setup.store.state(SECRET).current == "a"
    assert setup.service.accepted == {setup.store.value("a")}


@pytest.mark.parametrize("step", [RotationStep.APPLY, RotationStep.FINISH])
def test_a_step_before_create_is_refused(setup: Setup, step: RotationStep) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    with pytest.raises(OutOfOrderError, match="version b has no value yet; the create step comes first"):
        setup.step(step, "b")
    setup.assert_valid("a")


def test_a_finish_before_apply_promotes_nothing(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    setup.step(RotationStep.CREATE, "b")
    with pytest.raises(VerificationError, match="the service refuses the pending value"):
        setup.step(RotationStep.FINISH, "b")
    setup.assert_valid("a")


def test_verify_makes_no_change_anywhere(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    setup.step(RotationStep.CREATE, "b")
    setup.step(RotationStep.APPLY, "b")
    setup.world.attempt(lambda: setup.step(RotationStep.VERIFY, "b"))
    assert set(setup.world.calls) == {"state", "read", "login"}


def test_a_pending_value_equal_to_the_current_one_is_not_a_rotation(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    setup.store.versions["b"].value = setup.store.value("a")
    with pytest.raises(VerificationError, match="the pending value equals the current one"):
        setup.step(RotationStep.VERIFY, "b")


@pytest.mark.parametrize("step", STEPS)
def test_a_token_that_lost_its_place_fails_without_harm(setup: Setup, step: RotationStep) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    setup.step(RotationStep.CREATE, "b")
    setup.store.cancel()
    setup.store.begin("c")
    with pytest.raises(StaleTokenError, match="version b is unknown"):
        setup.step(step, "b")
    for each in STEPS:
        setup.step(each, "c")
    setup.assert_valid("c")
    with pytest.raises(StaleTokenError, match="version a is not pending; another rotation took its place"):
        setup.step(step, "a")
    setup.assert_valid("c")


@pytest.mark.parametrize("call", range(1, MOST_CALLS + 1))
def test_of_two_rotations_that_finish_at_once_the_stale_one_fails_without_harm(setup: Setup, call: int) -> None:
    setup.rotate("a")
    setup.rotate("b")
    setup.store.begin("c")
    for step in STEPS[:-1]:
        setup.step(step, "c")

    def overtake() -> None:
        setup.store.cancel()
        setup.rotate("d")

    fault = Fault(call, meanwhile=overtake)
    with contextlib.suppress(StaleTokenError):
        setup.world.attempt(lambda: setup.step(RotationStep.FINISH, "c"), fault)
    reached = call <= len(setup.world.calls)
    setup.assert_valid("d" if reached else "c")


def test_the_previous_value_that_a_rotation_displaces_is_retired_at_its_service(setup: Setup) -> None:
    for token in "abc":
        setup.rotate(token)
    assert setup.service.accepted == {setup.store.value("b"), setup.store.value("c")}


@pytest.mark.parametrize("step", STEPS)
def test_a_secret_whose_rotation_is_switched_off_is_refused(setup: Setup, step: RotationStep) -> None:
    setup.store.begin("a")
    setup.store.enabled = False
    with pytest.raises(RefusedError, match="rotation is switched off; switch it on and rotate again"):
        setup.step(step, "a")


def test_a_secret_the_rotator_was_not_deployed_for_is_refused_before_the_store_is_asked(setup: Setup) -> None:
    with pytest.raises(RefusedError, match="dev/other: this rotator was not deployed for it"):
        setup.rotation.step(RotationStep.CREATE, "dev/other", "a")
    assert setup.world.calls == []


@pytest.mark.parametrize("value_first", [True, False], ids=["the store labels a first value current", "it does not"])
def test_a_first_value_that_the_store_makes_current_at_once_is_still_applied(setup: Setup, value_first: bool) -> None:
    setup.store.begin("a")
    setup.step(RotationStep.CREATE, "a")
    if value_first:
        setup.store.versions["a"].labels.add("current")
    for step in STEPS[1:]:
        setup.step(step, "a")
    setup.assert_valid("a")


def test_a_pending_value_that_no_longer_fits_is_dropped_so_that_another_rotation_can_begin(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    setup.step(RotationStep.CREATE, "b")
    setup.service.takes_what_is_there = False
    setup.service.issued.append("what the settings ask for now")
    with pytest.raises(StaleTokenError, match="the pending value no longer fits its settings, so it was dropped"):
        setup.step(RotationStep.CREATE, "b")
    assert setup.store.bearer("pending") is None
    setup.rotate("c")
    setup.assert_valid("c")


def test_a_value_that_could_not_be_stored_is_taken_back_from_its_service(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    with pytest.raises(Crash):
        setup.world.attempt(lambda: setup.step(RotationStep.CREATE, "b"), Fault("write"))
    assert setup.service.abandoned == setup.service.issued[1:]


def test_a_value_whose_storing_only_seemed_to_fail_is_kept(setup: Setup) -> None:
    setup.rotate("a")
    setup.store.begin("b")
    with pytest.raises(Crash):
        setup.world.attempt(lambda: setup.step(RotationStep.CREATE, "b"), Fault("write", before=False))
    assert setup.service.abandoned == []
    for step in STEPS:
        setup.step(step, "b")
    setup.assert_valid("b")


def test_run_takes_all_steps(setup: Setup) -> None:
    assert setup.rotation.run(SECRET, "a", LATER) == "a"
    assert setup.rotation.run(SECRET, "b", LATER) == "b"
    setup.assert_valid("b")
    assert setup.store.bearer("previous") == "a"


def test_run_repeated_with_the_same_token_does_nothing_more(setup: Setup) -> None:
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "a", LATER)
    assert len(setup.service.issued) == 1


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 26))
def test_run_killed_at_any_call_is_completed_by_the_next_run(setup: Setup, call: int, before: bool) -> None:
    setup.rotation.run(SECRET, "a", LATER)
    with contextlib.suppress(Crash):
        setup.world.attempt(lambda: setup.rotation.run(SECRET, "b", LATER), Fault(call, before))
    setup.assert_valid("a", "b")
    assert setup.rotation.run(SECRET, "b", LATER) in ("b", None)
    setup.assert_valid("b")


def test_run_finishes_what_an_earlier_run_left_instead_of_starting_one_more(setup: Setup) -> None:
    setup.rotation.run(SECRET, "a", LATER)
    with pytest.raises(Crash):
        setup.world.attempt(lambda: setup.rotation.run(SECRET, "b", LATER), Fault(7))
    assert setup.store.bearer("pending") == "b"
    assert setup.rotation.run(SECRET, "c", LATER) == "b"
    setup.assert_valid("b")


def test_run_with_a_token_that_was_served_does_nothing_also_where_clocks_disagree(setup: Setup) -> None:
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "b", LATER)
    assert setup.rotation.run(SECRET, "a", LATER) is None
    assert setup.rotation.run(SECRET, "b", LATER) is None
    setup.assert_valid("b")


def test_run_with_a_token_that_lost_its_place_is_refused(setup: Setup) -> None:
    setup.rotation.run(SECRET, "a", LATER)
    setup.store.begin("b")
    setup.step(RotationStep.CREATE, "b")
    setup.store.versions["b"].labels = {"another"}
    with pytest.raises(StaleTokenError, match="version b was superseded"):
        setup.rotation.run(SECRET, "b", LATER)
