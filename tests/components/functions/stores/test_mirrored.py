"""A secret on both clouds gets one new value in both or in neither, whatever dies when."""

import datetime as dt

import pytest
from keystead.functions.rotator.workflow import RotationStep
from keystead.functions.shared import clock, events
from keystead.functions.shared.errors import (
    ApiError,
    LabelMovedError,
    StaleTokenError,
    SweepFailedError,
    UnalignedError,
)
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import portable

from tests.components.functions.fake_secret_manager import NAME
from tests.components.functions.memory import SECRET, Crash, Fault, Kill, World
from tests.components.functions.mirrored import MirroredSecret

BEFORE = pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
ERRORS = pytest.mark.parametrize("error", [Crash, Kill])


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch) -> MirroredSecret:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    return MirroredSecret(world)


def test_a_value_that_is_to_be_current_at_once_reaches_both(mirrored: MirroredSecret) -> None:
    mirrored.store.seed(SECRET, "renamed-previous", Sensitive("value-one"))
    assert mirrored.values("current") == ("value-one", "value-one")


def test_a_first_value_and_a_rotation_reach_both(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a" * 36)
    mirrored.assert_same()
    mirrored.rotate("4d1f6a5e-7e7e-4f2b-9a77-7f0e8ab1c001")
    mirrored.assert_same()
    assert mirrored.values("current") == (mirrored.service.issued[1],) * 2
    assert mirrored.values("previous") == (mirrored.service.issued[0],) * 2


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
@pytest.mark.parametrize("killed", list(RotationStep))
def test_a_step_killed_at_any_call_to_either_store_leaves_both_usable_and_the_retry_gives_both_the_new_value(
    mirrored: MirroredSecret, killed: RotationStep, call: int, before: bool, error: type[BaseException]
) -> None:
    for token in "abc":
        mirrored.rotate(token)
    mirrored.leader.begin("d")
    for step in list(RotationStep)[: list(RotationStep).index(killed)]:
        mirrored.rotation.step(step, SECRET, "d")
    fault = Fault(call, before, error=error)
    mirrored.survive(lambda: mirrored.world.attempt(lambda: mirrored.rotation.step(killed, SECRET, "d"), fault))
    mirrored.assert_safe()
    mirrored.survive(mirrored.sweep)
    mirrored.assert_safe()
    mirrored.steps("d")
    mirrored.assert_same()
    assert mirrored.leader.bearer("current") == "d"
    assert mirrored.values("previous") == (mirrored.service.issued[2],) * 2


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 40))
def test_a_first_rotation_killed_at_any_call_is_completed_in_both(
    mirrored: MirroredSecret, call: int, before: bool, error: type[BaseException]
) -> None:
    mirrored.leader.begin("a")
    mirrored.survive(lambda: mirrored.world.attempt(lambda: mirrored.steps("a"), Fault(call, before, error=error)))
    mirrored.steps("a")
    mirrored.assert_same()
    assert mirrored.values("current")[0] in mirrored.service.accepted


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
def test_a_retirement_killed_at_any_call_ends_in_both_at_the_next_sweep(
    mirrored: MirroredSecret, call: int, before: bool, error: type[BaseException]
) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.pass_time(31 * 86400)
    mirrored.survive(lambda: mirrored.world.attempt(mirrored.sweep, Fault(call, before, error=error)))
    mirrored.assert_safe()
    mirrored.sweep()
    mirrored.assert_same()
    assert mirrored.values("previous") == (None, None)
    assert mirrored.service.refused == {mirrored.service.issued[0]}
    mirrored.pass_time(7200)
    mirrored.sweep()
    assert len(mirrored.follower.enabled()) == 1


@ERRORS
@BEFORE
@pytest.mark.parametrize("call", range(1, 31))
def test_a_realignment_killed_at_any_call_is_completed_by_the_next_sweep(
    mirrored: MirroredSecret, call: int, before: bool, error: type[BaseException]
) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.add_gcp()
    mirrored.survive(lambda: mirrored.world.attempt(mirrored.sweep, Fault(call, before, error=error)))
    mirrored.assert_safe()
    mirrored.sweep()
    mirrored.assert_same()
    assert mirrored.values("current") == (mirrored.service.issued[1],) * 2


@BEFORE
@pytest.mark.parametrize("call", range(1, 60))
def test_a_rotation_right_after_gcp_was_added_retires_nothing_before_gcp_has_a_newer_value(
    mirrored: MirroredSecret, call: int, before: bool
) -> None:
    for token in "ab":
        mirrored.rotate(token)
    mirrored.add_gcp()
    mirrored.leader.begin("c")
    mirrored.survive(lambda: mirrored.world.attempt(lambda: mirrored.steps("c"), Fault(call, before, error=Kill)))
    mirrored.assert_safe()
    mirrored.steps("c")
    mirrored.assert_safe()
    mirrored.sweep()
    mirrored.assert_same()


@pytest.mark.parametrize("call", range(1, 31))
@pytest.mark.parametrize("doubled", list(RotationStep))
def test_a_step_run_twice_at_once_does_what_one_run_does(
    mirrored: MirroredSecret, doubled: RotationStep, call: int
) -> None:
    mirrored.rotate("a")
    mirrored.leader.begin("b")
    for step in list(RotationStep)[: list(RotationStep).index(doubled)]:
        mirrored.rotation.step(step, SECRET, "b")
    twin = Fault(call, meanwhile=lambda: mirrored.rotation.step(doubled, SECRET, "b"))
    mirrored.world.attempt(lambda: mirrored.rotation.step(doubled, SECRET, "b"), twin)
    mirrored.assert_safe()
    for step in list(RotationStep)[list(RotationStep).index(doubled) + 1 :]:
        mirrored.rotation.step(step, SECRET, "b")
    mirrored.assert_same()


@pytest.mark.parametrize("call", range(1, 31))
def test_where_another_rotation_overtook_the_finish_both_end_with_the_overtakers_value(
    mirrored: MirroredSecret, call: int
) -> None:
    for token in "ab":
        mirrored.rotate(token)
    mirrored.leader.begin("c")
    for step in list(RotationStep)[:-1]:
        mirrored.rotation.step(step, SECRET, "c")

    def overtake() -> None:
        mirrored.leader.cancel()
        mirrored.rotate("d")

    fault = Fault(call, meanwhile=overtake)
    mirrored.survive(
        lambda: mirrored.world.attempt(lambda: mirrored.rotation.step(RotationStep.FINISH, SECRET, "c"), fault)
    )
    mirrored.assert_safe()
    reached = call <= len(mirrored.world.calls)
    mirrored.sweep()
    mirrored.assert_same()
    assert mirrored.leader.bearer("current") == ("d" if reached else "c")


def test_a_follower_promoted_by_a_rotation_given_up_goes_back_after_an_hour(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.leader.begin("c")
    for step in list(RotationStep)[:-1]:
        mirrored.rotation.step(step, SECRET, "c")
    mirrored.survive(
        lambda: mirrored.world.attempt(
            lambda: mirrored.rotation.step(RotationStep.FINISH, SECRET, "c"), Fault("promote", before=True, error=Kill)
        )
    )
    assert mirrored.values("current") == (mirrored.service.issued[1], mirrored.service.issued[2])
    mirrored.pass_time(3000)
    mirrored.sweep()
    assert mirrored.values("current")[1] == mirrored.service.issued[2]
    mirrored.pass_time(700)
    mirrored.sweep()
    assert mirrored.values("current") == (mirrored.service.issued[1],) * 2
    mirrored.assert_safe()
    mirrored.steps("c")
    mirrored.assert_same()
    assert mirrored.values("current") == (mirrored.service.issued[2],) * 2


def test_a_follower_put_elsewhere_by_hand_comes_back_at_the_next_sweep(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.follower.aliases["current"] = mirrored.follower.aliases["a"]
    mirrored.sweep()
    mirrored.assert_same()


def test_an_aligned_secret_is_left_alone_and_no_value_is_read(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.world.attempt(mirrored.sweep)
    assert "read" not in mirrored.world.calls
    assert not any(call.startswith(("PATCH", "POST", "GET version:access")) for call in mirrored.world.calls)


def test_nothing_is_retired_while_the_follower_cannot_be_asked(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.follower.aliases["current"] = mirrored.follower.aliases["a"]
    mirrored.pass_time(31 * 86400)
    mirrored.survive(lambda: mirrored.world.attempt(mirrored.sweep, Fault("PATCH :")))
    assert mirrored.values("previous")[0] == mirrored.service.issued[0]
    assert mirrored.service.refused == set()


def test_a_late_rotation_is_reported_while_the_follower_cannot_be_asked(
    mirrored: MirroredSecret, caplog: pytest.LogCaptureFixture
) -> None:
    mirrored.rotate("a")
    mirrored.pass_time(92 * 86400)
    with pytest.raises(SweepFailedError):
        mirrored.world.attempt(mirrored.sweep, Fault("GET :"))
    assert [one.getMessage() for one in caplog.records].count(events.ROTATION_LATE) == 1


def test_a_pending_value_that_differs_in_the_follower_is_replaced_by_the_leaders(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.leader.begin("b")
    mirrored.rotation.step(RotationStep.CREATE, SECRET, "b")
    mirrored.follower.data[mirrored.follower.aliases["pending"]] = b"another"
    mirrored.steps("b")
    mirrored.assert_same()
    assert len(mirrored.service.issued) == 2


def test_a_value_in_use_that_differs_under_the_same_version_stops_the_rotation(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.leader.begin("b")
    mirrored.rotation.step(RotationStep.CREATE, SECRET, "b")
    mirrored.follower.data[mirrored.follower.aliases["pending"]] = b"another"
    mirrored.follower.aliases["current"] = mirrored.follower.aliases.pop("pending")
    with pytest.raises(UnalignedError, match="leader and follower hold different values under version b"):
        mirrored.rotation.step(RotationStep.APPLY, SECRET, "b")


def test_a_value_that_no_longer_fits_is_dropped_in_both(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.leader.begin("b")
    mirrored.rotation.step(RotationStep.CREATE, SECRET, "b")
    mirrored.service.takes_what_is_there = False
    mirrored.service.issued.append("what the settings ask for now")
    with pytest.raises(StaleTokenError, match="was dropped"):
        mirrored.rotation.step(RotationStep.CREATE, SECRET, "b")
    assert mirrored.leader.bearer("pending") is None
    assert "pending" not in mirrored.follower.aliases
    mirrored.rotate("c")
    mirrored.assert_same()


def test_a_promotion_that_the_leader_would_refuse_does_not_touch_the_follower(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.rotate("b")
    with pytest.raises(LabelMovedError):
        mirrored.store.promote(SECRET, "a", "x")
    mirrored.assert_same()


def test_a_secret_on_one_cloud_is_the_leaders_alone(mirrored: MirroredSecret) -> None:
    mirrored.store._names = {}
    mirrored.rotate("a")
    mirrored.rotate("b")
    mirrored.pass_time(31 * 86400)
    mirrored.sweep()
    assert mirrored.values("current") == (mirrored.service.issued[1], None)
    assert mirrored.follower.versions == {}
    assert mirrored.leader.bearer("previous") is None


def test_the_age_of_a_value_is_the_leaders_whatever_the_follower_got_later(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    since = mirrored.store.current_since(SECRET)
    mirrored.pass_time(5 * 86400)
    mirrored.add_gcp()
    mirrored.sweep()
    assert mirrored.store.current_since(SECRET) == since
    assert mirrored.follower.aliases[portable("a")] == "1"
    assert dt.timedelta(days=5) <= mirrored.world.now - (since or mirrored.world.now)
    assert NAME in mirrored.follower.versions["1"]["name"]


def test_a_pair_that_is_alike_shows_in_the_lists_and_one_that_is_not_is_untidy(mirrored: MirroredSecret) -> None:
    mirrored.rotate("a")
    mirrored.pass_time(2 * 86400)
    listed = mirrored.store.listed({SECRET})[SECRET]
    assert (listed.state.current, listed.untidy) == ("a", False)
    mirrored.follower.aliases = {"current": mirrored.follower.add("put by hand")}
    assert mirrored.store.listed({SECRET})[SECRET].untidy


def test_a_secret_that_the_follower_does_not_list_is_left_to_be_looked_at_by_itself(
    mirrored: MirroredSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored.rotate("a")

    def refused(*_call: object, **_more: object) -> None:
        raise ApiError("GET secretmanager.projects.secrets", 403, "PERMISSION_DENIED")

    monkeypatch.setattr(mirrored.follower, "call", refused)
    assert mirrored.store.listed({SECRET}) == {}
