from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from keystead.operations.assessment import State, assess_key, assess_secret
from keystead.operations.inventory import KeyCondition, ObservedKey, ObservedSecret
from keystead.spec.rotation import RotationSpec

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def secret(rotator: str = "random", every: int = 90, overlap: int = 30) -> Any:
    given: dict[str, Any] = {
        "rotator": rotator,
        "every": timedelta(days=every),
        "overlap": timedelta(days=overlap),
    }
    return SimpleNamespace(rotation=RotationSpec.model_construct(**given), clouds=["aws"])


@pytest.mark.parametrize(
    ("rotator", "seen", "state", "text"),
    [
        ("random", None, State.MISSING, "not deployed"),
        ("random", {}, State.FAILED, "no value: the first rotation, begun 2026-08-04 12:00, failed"),
        ("random", {"created": ago(minutes=5)}, State.WAITING, "first rotation is under way"),
        ("random", {"pending_since": ago(minutes=5)}, State.WAITING, "first rotation is under way"),
        ("manual", {}, State.WAITING, "waits for its first value"),
        ("random", {"current_since": ago(days=3)}, State.CURRENT, "current"),
        ("random", {"current_since": ago(days=3), "pending_since": ago(minutes=5)}, State.CURRENT, "current"),
        (
            "random",
            {"current_since": ago(days=3), "pending_since": ago(minutes=16)},
            State.FAILED,
            "rotation begun 2026-11-22 11:44 failed; the current value still works",
        ),
        ("random", {"current_since": ago(days=3), "previous": True}, State.OVERLAP, "overlap until 2026-12-19"),
        ("random", {"current_since": ago(days=31.9), "previous": True}, State.OVERLAP, "overlap until 2026-11-20"),
        (
            "random",
            {"current_since": ago(days=32), "previous": True},
            State.LATE,
            "late: the previous value should have ended on 2026-11-20",
        ),
        (
            "random",
            {"current_since": ago(days=3), "failed_replicas": ("eu-west-1", "us-west-2")},
            State.FAILED,
            "its replica in eu-west-1, us-west-2 did not get the current value",
        ),
        ("random", {"current_since": ago(days=90.9)}, State.CURRENT, "current"),
        ("random", {"current_since": ago(days=91)}, State.LATE, "late: due since 2026-11-21"),
        ("manual", {"current_since": ago(days=89.9)}, State.CURRENT, "current"),
        ("manual", {"current_since": ago(days=90)}, State.REMINDER, "a new value is due since 2026-11-22"),
        (
            "random",
            {"current_since": ago(days=3), "deletion": ago(days=-7)},
            State.DELETING,
            "in its recovery window until 2026-11-29",
        ),
    ],
)
def test_a_secret_is_judged_by_its_versions_and_the_spec(
    rotator: str, seen: dict[str, Any] | None, state: State, text: str
) -> None:
    observed = None if seen is None else ObservedSecret(**{"created": ago(days=110), **seen})
    assessed = assess_secret(secret(rotator), observed, NOW)
    assert (assessed.state, assessed.text) == (state, text)


def test_the_next_rotation_is_the_stores_own_date_and_none_where_it_has_none() -> None:
    due = NOW + timedelta(days=7)
    own = ObservedSecret(created=ago(days=9), current_since=ago(days=9), due=due)
    none = ObservedSecret(created=ago(days=9), current_since=ago(days=9))
    assert assess_secret(secret(), own, NOW).following == due
    assert assess_secret(secret(), none, NOW).following is None


def test_a_schedule_that_is_not_the_specs_is_a_problem() -> None:
    schedule, text = "every 60d", "rotates every 60d, the spec says every 90d; run pulumi up"
    seen = ObservedSecret(created=ago(days=9), current_since=ago(days=9), schedule=schedule, as_declared=False)
    found = assess_secret(secret(), seen, NOW)
    assert (found.state, found.text, found.schedule) == (State.LATE, text, schedule)
    assert assess_secret(secret("manual"), seen, NOW).state is State.CURRENT


def test_a_rotation_that_somebody_switched_off_is_a_problem() -> None:
    seen = ObservedSecret(created=ago(days=9), current_since=ago(days=9), switched_off=True)
    found = assess_secret(secret(), seen, NOW)
    assert (found.state, found.following) == (State.LATE, None)
    assert found.text.startswith("its rotation is switched off")
    assert assess_secret(secret("manual"), seen, NOW).state is State.CURRENT


def test_the_next_value_a_person_brings_is_due_by_the_spec_whatever_the_store_says() -> None:
    seen = ObservedSecret(created=ago(days=9), current_since=ago(days=9), due=NOW + timedelta(days=7))
    assert assess_secret(secret("manual"), seen, NOW).following == NOW + timedelta(days=81)


@pytest.mark.parametrize(
    ("use", "seen", "state", "text"),
    [
        ("encrypt", None, State.MISSING, "not deployed"),
        ("encrypt", {"rotation": timedelta(days=365)}, State.CURRENT, "enabled"),
        ("encrypt", {}, State.LATE, "rotates never, the spec says every 365 d"),
        ("encrypt", {"rotation": timedelta(days=400)}, State.LATE, "rotates every 400 d, the spec says every 365 d"),
        ("sign", {}, State.CURRENT, "enabled"),
        ("mac", {"condition": KeyCondition.DISABLED}, State.DISABLED, "disabled: nothing can be done with it"),
        (
            "encrypt",
            {"condition": KeyCondition.DELETING, "deletion": ago(days=-7)},
            State.DELETING,
            "will be deleted on 2026-11-29",
        ),
    ],
)
def test_a_key_is_judged_by_its_condition_and_the_spec(
    use: str, seen: dict[str, Any] | None, state: State, text: str
) -> None:
    spec: Any = SimpleNamespace(use=use, rotation=timedelta(days=365) if use == "encrypt" else None)
    observed = None if seen is None else ObservedKey(**{"condition": KeyCondition.ENABLED, **seen})
    assessed = assess_key(spec, observed)
    assert (assessed.state, assessed.text) == (state, text)


def test_what_waits_for_a_person_is_no_problem_and_what_a_machine_left_undone_is() -> None:
    assert [state for state in State if not state.problem] == [
        State.CURRENT,
        State.OVERLAP,
        State.WAITING,
        State.REMINDER,
    ]
