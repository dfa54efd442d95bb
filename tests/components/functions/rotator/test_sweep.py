"""The sweep: ends overlaps on time, and reports what is late, waited for or due."""

import datetime as dt
import json
import logging

import pytest
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.strategies import Rotator
from keystead.functions.rotator.strategies.manual import ManualRotator
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import logs
from keystead.functions.shared.errors import SweepFailedError
from keystead.functions.shared.events import (
    FIRST_VALUE_WAITING,
    MANUAL_ROTATION_DUE,
    ROTATION_LATE,
    SWEEP_DONE,
    SWEEP_FAILED,
    VERSION_RETIRED,
)
from keystead.functions.shared.redaction import Sensitive

from tests.components.functions.memory import LATER, SECRET, START, Fault, MemoryStore, ServiceRotator, World

DAY = 86400
Lines = list[dict[str, object]]


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: Lines = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines(clean_logging: logging.Logger) -> Lines:
    collector = Collector()
    clean_logging.addHandler(collector)
    logs.configure()
    return collector.lines


class Setup:
    def __init__(self, rotator: str = "service", every: int = 90 * DAY, overlap: int = 30 * DAY) -> None:
        self.world = World()
        self.store = MemoryStore(self.world)
        self.service = ServiceRotator(self.world)
        strategies: dict[str, Rotator] = {SECRET: ManualRotator() if rotator == "manual" else self.service}
        self.rotation = RotationWorkflow(self.store, strategies)
        entries = {SECRET: SecretSettings(rotator, every, overlap)}
        self.sweep = Sweep(self.store, strategies, entries, self.rotation)

    def put(self, token: str, value: str) -> None:
        """Do what `keystead secret put` does."""
        self.store.write(SECRET, token, Sensitive(value), self.store.state(SECRET))
        self.store.cancel()
        self.store.promote(SECRET, token, self.store.bearer("current"))

    def after(self, **duration: float) -> dt.datetime:
        self.world.now = START + dt.timedelta(**duration)
        return self.world.now


def events(lines: Lines) -> list[object]:
    return [line["event"] for line in lines if "event" in line]


@pytest.mark.parametrize(
    ("duration", "retired"),
    [({"days": 0}, 0), ({"days": 29, "hours": 23}, 0), ({"days": 30}, 1), ({"days": 31}, 1)],
)
def test_the_previous_value_is_retired_when_its_overlap_is_over_and_not_before(
    duration: dict[str, float], retired: int
) -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "b", LATER)
    assert setup.sweep.run(setup.after(**duration)).retired == retired
    assert setup.store.bearer("previous") == (None if retired else "a")
    assert (setup.store.value("a") in setup.service.accepted) is not bool(retired)
    assert setup.store.value("b") in setup.service.accepted


def test_the_overlap_starts_when_the_rotation_finished_not_when_its_value_was_made() -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.store.begin("b")
    setup.store.versions["b"].value = "made-early"
    setup.service.accepted.add("made-early")
    setup.after(days=40)
    setup.rotation.run(SECRET, "b", LATER)
    assert setup.sweep.run(setup.after(days=69)).retired == 0
    assert setup.sweep.run(setup.after(days=70)).retired == 1


@pytest.mark.parametrize(
    ("every", "hours", "late"),
    [(90 * DAY, 90 * 24 + 23, 0), (90 * DAY, 91 * 24, 1), (DAY // 6, 7.9, 0), (DAY // 6, 8, 1)],
)
def test_a_rotation_is_late_a_day_after_its_date_or_one_period_where_that_is_shorter(
    every: int, hours: float, late: int, lines: Lines
) -> None:
    setup = Setup(every=every, overlap=every // 3)
    setup.rotation.run(SECRET, "a", LATER)
    assert setup.sweep.run(setup.after(hours=hours)).late == late
    assert events(lines).count(ROTATION_LATE) == late


def test_a_late_rotation_says_which_secret_and_how_old_its_value_is(lines: Lines) -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.sweep.run(setup.after(days=100))
    late = next(line for line in lines if line.get("event") == ROTATION_LATE)
    assert (late["secret"], late["age_days"], late["level"]) == (SECRET, 100.0, "ERROR")


def test_a_manual_value_is_asked_for_when_due_and_never_called_late(lines: Lines) -> None:
    setup = Setup("manual")
    setup.put("a", "first-by-hand")
    assert setup.sweep.run(setup.after(days=89)).due == 0
    assert setup.sweep.run(setup.after(days=90)).due == 1
    assert setup.sweep.run(setup.after(days=900)).late == 0
    assert events(lines).count(MANUAL_ROTATION_DUE) == 2


def test_a_manual_value_is_retired_after_its_overlap_too() -> None:
    setup = Setup("manual")
    setup.put("a", "first-by-hand")
    setup.after(days=60)
    setup.put("b", "second-by-hand")
    assert setup.sweep.run(setup.after(days=89)).retired == 0
    assert setup.sweep.run(setup.after(days=90)).retired == 1
    assert setup.store.bearer("previous") is None


def test_a_secret_without_a_value_waits(lines: Lines) -> None:
    setup = Setup("manual")
    assert setup.sweep.run(setup.after(days=400)).waiting == 1
    assert events(lines) == [FIRST_VALUE_WAITING, SWEEP_DONE]
    assert lines[-1]["waiting"] == 1


def test_one_failing_secret_does_not_stop_the_others_and_fails_the_sweep(lines: Lines) -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "b", LATER)
    entry = SecretSettings("service", 90 * DAY, 30 * DAY)
    strategies: dict[str, Rotator] = {"dev/broken": setup.service, SECRET: setup.service}
    sweep = Sweep(setup.store, strategies, {"dev/broken": entry, SECRET: entry}, setup.rotation)
    with pytest.raises(SweepFailedError, match="the sweep failed for 1 of 2 secrets"):
        sweep.run(setup.after(days=30))
    assert setup.store.bearer("previous") is None
    assert events(lines) == [SWEEP_FAILED, VERSION_RETIRED, SWEEP_DONE]
    failed = next(line for line in lines if line.get("event") == SWEEP_FAILED)
    assert (failed["secret"], failed["error"], lines[-1]["failed"]) == ("dev/broken", "AssertionError", 1)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(2, 7))
def test_a_sweep_killed_at_any_call_is_completed_by_the_next(call: int, before: bool) -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "b", LATER)
    now = setup.after(days=30)
    with pytest.raises(SweepFailedError):
        setup.world.attempt(lambda: setup.sweep.run(now), Fault(call, before))
    setup.sweep.run(now)
    assert setup.store.bearer("previous") is None
    assert setup.service.accepted == {setup.store.value("b")}


def test_nothing_changes_when_swept_again() -> None:
    setup = Setup()
    setup.rotation.run(SECRET, "a", LATER)
    setup.rotation.run(SECRET, "b", LATER)
    now = setup.after(days=30)
    assert (setup.sweep.run(now).retired, setup.sweep.run(now).retired) == (1, 0)
