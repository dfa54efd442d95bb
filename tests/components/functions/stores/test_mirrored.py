"""A secret on both clouds gets one new value in both or in neither, whatever dies when."""

import datetime as dt

import pytest
from keystead.functions.rotator.workflow import RotationStep
from keystead.functions.shared import clock, events
from keystead.functions.shared.errors import LabelMovedError, StaleTokenError, SweepFailedError, UnalignedError
from keystead.functions.stores.store import portable

from tests.components.functions.fake_secret_manager import NAME
from tests.components.functions.memory import SECRET, Crash, Fault, Kill, World
from tests.components.functions.mirrored import Pair

BEFORE = pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
ERRORS = pytest.mark.parametrize("error", [Crash, Kill])


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    return Pair(world)


def test_a_first_value_and_a_rotation_reach_both(pair: Pair) -> None:
    pair.rotate("a" * 36)
    pair.assert_same()
    pair.rotate("4d1f6a5e-7e7e-4f2b-9a77-7f0e8ab1c001")
    pair.assert_same()
    assert pair.values("current") == (pair.service.issued[1],) * 2
    assert pair.values("previous") == (pair.service.issued[0],) * 2


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
@pytest.mark.parametrize("killed", list(RotationStep))
def test_a_step_killed_at_any_call_to_either_store_leaves_both_usable_and_the_retry_gives_both_the_new_value(
    pair: Pair, killed: RotationStep, call: int, before: bool, error: type[BaseException]
) -> None:
    for token in "abc":
        pair.rotate(token)
    pair.leader.begin("d")
    for step in list(RotationStep)[: list(RotationStep).index(killed)]:
        pair.rotation.step(step, SECRET, "d")
    fault = Fault(call, before, error=error)
    pair.survive(lambda: pair.world.attempt(lambda: pair.rotation.step(killed, SECRET, "d"), fault))
    pair.assert_safe()
    pair.survive(pair.sweep)
    pair.assert_safe()
    pair.steps("d")
    pair.assert_same()
    assert pair.leader.bearer("current") == "d"
    assert pair.values("previous") == (pair.service.issued[2],) * 2


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 40))
def test_a_first_rotation_killed_at_any_call_is_completed_in_both(
    pair: Pair, call: int, before: bool, error: type[BaseException]
) -> None:
    pair.leader.begin("a")
    pair.survive(lambda: pair.world.attempt(lambda: pair.steps("a"), Fault(call, before, error=error)))
    pair.steps("a")
    pair.assert_same()
    assert pair.values("current")[0] in pair.service.accepted


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
def test_a_retirement_killed_at_any_call_ends_in_both_at_the_next_sweep(
    pair: Pair, call: int, before: bool, error: type[BaseException]
) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.pass_time(31 * 86400)
    pair.survive(lambda: pair.world.attempt(pair.sweep, Fault(call, before, error=error)))
    pair.assert_safe()
    pair.sweep()
    pair.assert_same()
    assert pair.values("previous") == (None, None)
    assert pair.service.refused == {pair.service.issued[0]}
    pair.pass_time(7200)
    pair.sweep()
    assert len(pair.follower.enabled()) == 1


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
def test_a_realignment_killed_at_any_call_is_completed_by_the_next_sweep(
    pair: Pair, call: int, before: bool, error: type[BaseException]
) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.add_gcp()
    pair.survive(lambda: pair.world.attempt(pair.sweep, Fault(call, before, error=error)))
    pair.assert_safe()
    pair.sweep()
    pair.assert_same()
    assert pair.values("current") == (pair.service.issued[1],) * 2


@BEFORE
@pytest.mark.parametrize("call", range(1, 60))
def test_a_rotation_right_after_gcp_was_added_retires_nothing_before_gcp_has_a_newer_value(
    pair: Pair, call: int, before: bool
) -> None:
    for token in "ab":
        pair.rotate(token)
    pair.add_gcp()
    pair.leader.begin("c")
    pair.survive(lambda: pair.world.attempt(lambda: pair.steps("c"), Fault(call, before, error=Kill)))
    pair.assert_safe()
    pair.steps("c")
    pair.assert_safe()
    pair.sweep()
    pair.assert_same()


@pytest.mark.parametrize("call", range(1, 31))
@pytest.mark.parametrize("doubled", list(RotationStep))
def test_a_step_run_twice_at_once_does_what_one_run_does(pair: Pair, doubled: RotationStep, call: int) -> None:
    pair.rotate("a")
    pair.leader.begin("b")
    for step in list(RotationStep)[: list(RotationStep).index(doubled)]:
        pair.rotation.step(step, SECRET, "b")
    twin = Fault(call, meanwhile=lambda: pair.rotation.step(doubled, SECRET, "b"))
    pair.world.attempt(lambda: pair.rotation.step(doubled, SECRET, "b"), twin)
    pair.assert_safe()
    for step in list(RotationStep)[list(RotationStep).index(doubled) + 1 :]:
        pair.rotation.step(step, SECRET, "b")
    pair.assert_same()


@pytest.mark.parametrize("call", range(1, 31))
def test_where_another_rotation_overtook_the_finish_both_end_with_the_overtakers_value(pair: Pair, call: int) -> None:
    for token in "ab":
        pair.rotate(token)
    pair.leader.begin("c")
    for step in list(RotationStep)[:-1]:
        pair.rotation.step(step, SECRET, "c")

    def overtake() -> None:
        pair.leader.cancel()
        pair.rotate("d")

    fault = Fault(call, meanwhile=overtake)
    pair.survive(lambda: pair.world.attempt(lambda: pair.rotation.step(RotationStep.FINISH, SECRET, "c"), fault))
    pair.assert_safe()
    reached = call <= len(pair.world.calls)
    pair.sweep()
    pair.assert_same()
    assert pair.leader.bearer("current") == ("d" if reached else "c")


def test_a_follower_promoted_by_a_rotation_given_up_goes_back_after_an_hour(pair: Pair) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.leader.begin("c")
    for step in list(RotationStep)[:-1]:
        pair.rotation.step(step, SECRET, "c")
    pair.survive(
        lambda: pair.world.attempt(
            lambda: pair.rotation.step(RotationStep.FINISH, SECRET, "c"), Fault("promote", before=True, error=Kill)
        )
    )
    assert pair.values("current") == (pair.service.issued[1], pair.service.issued[2])
    pair.pass_time(3000)
    pair.sweep()
    assert pair.values("current")[1] == pair.service.issued[2]
    pair.pass_time(700)
    pair.sweep()
    assert pair.values("current") == (pair.service.issued[1],) * 2
    pair.assert_safe()
    pair.steps("c")
    pair.assert_same()
    assert pair.values("current") == (pair.service.issued[2],) * 2


def test_a_follower_put_elsewhere_by_hand_comes_back_at_the_next_sweep(pair: Pair) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.follower.aliases["current"] = pair.follower.aliases["a"]
    pair.sweep()
    pair.assert_same()


def test_an_aligned_pair_is_left_alone_and_no_value_is_opened(pair: Pair) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.world.attempt(pair.sweep)
    assert "read" not in pair.world.calls
    assert not any(call.startswith(("PATCH", "POST", "GET version:access")) for call in pair.world.calls)


def test_nothing_is_retired_while_the_other_cloud_cannot_be_asked(pair: Pair) -> None:
    pair.rotate("a")
    pair.rotate("b")
    pair.follower.aliases["current"] = pair.follower.aliases["a"]
    pair.pass_time(31 * 86400)
    pair.survive(lambda: pair.world.attempt(pair.sweep, Fault("PATCH :")))
    assert pair.values("previous")[0] == pair.service.issued[0]
    assert pair.service.refused == set()


def test_a_late_rotation_is_told_while_the_other_cloud_cannot_be_asked(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.rotate("a")
    pair.pass_time(92 * 86400)
    with pytest.raises(SweepFailedError):
        pair.world.attempt(pair.sweep, Fault("GET :"))
    assert [one.getMessage() for one in caplog.records].count(events.ROTATION_LATE) == 1


def test_a_pending_value_that_differs_in_the_follower_is_replaced_by_the_leaders(pair: Pair) -> None:
    pair.rotate("a")
    pair.leader.begin("b")
    pair.rotation.step(RotationStep.CREATE, SECRET, "b")
    pair.follower.data[pair.follower.aliases["pending"]] = b"another"
    pair.steps("b")
    pair.assert_same()
    assert len(pair.service.issued) == 2


def test_a_value_in_use_that_differs_under_the_same_version_stops_the_rotation(pair: Pair) -> None:
    pair.rotate("a")
    pair.leader.begin("b")
    pair.rotation.step(RotationStep.CREATE, SECRET, "b")
    pair.follower.data[pair.follower.aliases["pending"]] = b"another"
    pair.follower.aliases["current"] = pair.follower.aliases.pop("pending")
    with pytest.raises(UnalignedError, match="leader and follower hold different values under version b"):
        pair.rotation.step(RotationStep.APPLY, SECRET, "b")


def test_a_value_that_no_longer_fits_is_dropped_in_both(pair: Pair) -> None:
    pair.rotate("a")
    pair.leader.begin("b")
    pair.rotation.step(RotationStep.CREATE, SECRET, "b")
    pair.service.takes_what_is_there = False
    pair.service.issued.append("what the settings ask for now")
    with pytest.raises(StaleTokenError, match="was dropped"):
        pair.rotation.step(RotationStep.CREATE, SECRET, "b")
    assert pair.leader.bearer("pending") is None
    assert "pending" not in pair.follower.aliases
    pair.rotate("c")
    pair.assert_same()


def test_a_promotion_that_the_leader_would_refuse_does_not_touch_the_follower(pair: Pair) -> None:
    pair.rotate("a")
    pair.rotate("b")
    with pytest.raises(LabelMovedError):
        pair.store.promote(SECRET, "a", "x")
    pair.assert_same()


def test_a_secret_on_one_cloud_is_the_leaders_alone(pair: Pair) -> None:
    pair.store._names = {}
    pair.rotate("a")
    pair.rotate("b")
    pair.pass_time(31 * 86400)
    pair.sweep()
    assert pair.values("current") == (pair.service.issued[1], None)
    assert pair.follower.versions == {}
    assert pair.leader.bearer("previous") is None


def test_the_follower_keeps_the_leaders_moment_out_of_it(pair: Pair) -> None:
    pair.rotate("a")
    since = pair.store.current_since(SECRET)
    pair.pass_time(5 * 86400)
    pair.add_gcp()
    pair.sweep()
    assert pair.store.current_since(SECRET) == since
    assert pair.follower.aliases[portable("a")] == "1"
    assert dt.timedelta(days=5) <= pair.world.now - (since or pair.world.now)
    assert NAME in pair.follower.versions["1"]["name"]
