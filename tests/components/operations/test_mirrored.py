from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from keystead.operations.assessment import Assessment, State
from keystead.operations.inventory import ObservedSecret
from keystead.operations.mirrored import assess_follower, combined

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPEC: Any = SimpleNamespace(rotation=SimpleNamespace(overlap=timedelta(days=30)))


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def seen(**more: Any) -> ObservedSecret:
    return ObservedSecret(**{"created": ago(days=9), **more})


LEADER = seen(current="b", current_since=ago(days=3), previous=True)


@pytest.mark.parametrize(
    ("leader", "follower", "state", "text"),
    [
        (LEADER, None, State.MISSING, "not deployed"),
        (LEADER, seen(current="b", current_since=ago(days=3)), State.CURRENT, "current"),
        (
            LEADER,
            seen(current="b", current_since=ago(days=3), previous=True),
            State.OVERLAP,
            "overlap until 2026-12-19",
        ),
        (LEADER, seen(current="a", current_since=ago(days=9)), State.LAGGING, "lags"),
        (LEADER, seen(), State.LAGGING, "lags"),
        (LEADER, seen(created=ago(hours=1)), State.WAITING, "waits for the current value"),
        (
            seen(current="b", current_since=ago(hours=1)),
            seen(current="a", current_since=ago(days=9)),
            State.WAITING,
            "waits for the current value",
        ),
        (
            seen(current="a", current_since=ago(days=9), pending="b", pending_since=ago(minutes=1)),
            seen(current="b", current_since=ago(minutes=1)),
            State.CURRENT,
            "current",
        ),
        (seen(), seen(), State.WAITING, "waits for its first value"),
        (None, seen(current="b", current_since=ago(days=3)), State.CURRENT, "current"),
        (
            LEADER,
            seen(current="b", current_since=ago(days=3), readable=False),
            State.DISABLED,
            "holds its current value back: the version is disabled",
        ),
    ],
)
def test_the_follower_is_judged_by_the_name_of_the_leaders_current_version(
    leader: ObservedSecret | None, follower: ObservedSecret | None, state: State, text: str
) -> None:
    assessed = assess_follower(SPEC, leader, follower, NOW)
    assert (assessed.state, assessed.text) == (state, text)


def assessed(state: State, text: str, last: datetime | None = None) -> Assessment:
    return Assessment(state=state, text=text, last=last)


CURRENT = assessed(State.CURRENT, "current", ago(days=3))


@pytest.mark.parametrize(
    ("parts", "state", "text"),
    [
        ({"aws": CURRENT}, State.CURRENT, "current"),
        ({"aws": CURRENT, "gcp": CURRENT}, State.CURRENT, "current"),
        ({"aws": CURRENT, "gcp": assessed(State.OVERLAP, "overlap until 2026-12-19")}, State.CURRENT, "current"),
        ({"aws": CURRENT, "gcp": assessed(State.LAGGING, "lags")}, State.LAGGING, "current; gcp lags"),
        ({"aws": CURRENT, "gcp": assessed(State.WAITING, "waits")}, State.WAITING, "current; gcp waits"),
        ({"aws": assessed(State.LATE, "late"), "gcp": CURRENT}, State.LATE, "aws late"),
        (
            {"aws": assessed(State.WAITING, "waits"), "gcp": assessed(State.MISSING, "not deployed")},
            State.MISSING,
            "aws waits; gcp not deployed",
        ),
        (
            {"aws": assessed(State.WAITING, "waits"), "gcp": assessed(State.WAITING, "waits")},
            State.WAITING,
            "waits",
        ),
    ],
)
def test_two_clouds_are_told_as_one_and_where_they_differ_which_is_which(
    parts: dict[Any, Assessment], state: State, text: str
) -> None:
    whole = combined(parts, list(parts))
    assert (whole.state, whole.text, whole.last) == (state, text, parts["aws"].last)


def test_a_cloud_that_was_not_seen_is_said_beside_what_is_known_of_the_other() -> None:
    whole = combined({"gcp": CURRENT}, ["aws", "gcp"])
    assert (whole.state, whole.text, whole.last) == (State.CURRENT, "current (aws not seen)", CURRENT.last)
