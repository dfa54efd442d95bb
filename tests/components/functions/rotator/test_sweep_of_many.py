"""The sweep of a thousand secrets: few calls where little is to be done, never silent about what it did not see."""

import datetime as dt
import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.strategies import Rotator
from keystead.functions.rotator.strategies.manual import ManualRotator
from keystead.functions.rotator.sweep import RESERVE, Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import events, logs
from keystead.functions.shared.errors import ApiError, SweepFailedError
from keystead.functions.stores.store import ListedSecret, SecretState

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
EVERY, OVERLAP = dt.timedelta(days=90), dt.timedelta(days=30)
NAMES = [f"prod/service-{number:04}" for number in range(1000)]


class ManySecrets:
    """A store of secrets that people bring, each with an age and perhaps a previous version; notes what it is asked."""

    def __init__(self, names: Collection[str] = NAMES, age: dt.timedelta = dt.timedelta(days=40)) -> None:
        self.since = dict.fromkeys(names, NOW - age)
        self.previous: set[str] = set()
        self.unlisted: set[str] = set()
        self.untidy: set[str] = set()
        self.calls: list[str] = []
        self.broken: set[str] = set()

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        self._asked("listed")
        return {
            name: ListedSecret(self._state(name), self.since[name], name in self.untidy)
            for name in secrets
            if name not in self.unlisted
        }

    def state(self, secret: str) -> SecretState:
        self._asked("state")
        return self._state(secret)

    def current_since(self, secret: str) -> dt.datetime | None:
        self._asked("current_since")
        return self.since[secret]

    def retire(self, secret: str, version: str) -> None:
        assert version == "old"
        self._asked("retire")
        self.previous.discard(secret)

    def align(self, secret: str) -> None:
        assert secret

    def tidy(self, secret: str, *, unattended: bool) -> None:
        assert not unattended
        self._asked(f"tidy {secret}")

    def read(self, secret: str, version: str) -> None:
        assert secret
        assert version

    def _state(self, secret: str) -> SecretState:
        versions = frozenset({"new", "old"})
        return SecretState(True, versions, "new", "old" if secret in self.previous else None, None)

    def _asked(self, call: str) -> None:
        self.calls.append(call)
        if call.partition(" ")[0] in self.broken:
            raise ApiError(call, 503, "UNAVAILABLE")


def sweep(store: Any, names: Collection[str] = NAMES) -> Sweep:
    strategies: dict[str, Rotator] = dict.fromkeys(names, ManualRotator())
    every, overlap = (int(time.total_seconds()) for time in (EVERY, OVERLAP))
    entries = dict.fromkeys(names, SecretSettings("manual", every, overlap))
    return Sweep(store, strategies, entries, RotationWorkflow(store, strategies))


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(json.loads(self.format(record))["event"])


@pytest.fixture
def logged(clean_logging: logging.Logger) -> list[str]:
    collector = Collector()
    clean_logging.addHandler(collector)
    logs.configure()
    return collector.events


def test_secrets_with_nothing_to_do_cost_the_list_alone() -> None:
    store = ManySecrets()
    assert sweep(store).run(NOW).looked == len(NAMES)
    assert store.calls == ["listed"]


def test_only_what_is_over_or_due_or_not_listed_is_looked_at_again() -> None:
    store = ManySecrets()
    store.previous = {NAMES[3]}
    store.since[NAMES[5]] = NOW - EVERY
    store.unlisted = {NAMES[7]}
    store.untidy = {NAMES[9]}
    report = sweep(store).run(NOW)
    assert (report.looked, report.retired, report.due) == (len(NAMES), 1, 1)
    assert {call.partition(" ")[2] for call in store.calls if call.startswith("tidy")} == {
        NAMES[number] for number in (3, 5, 7, 9)
    }
    assert store.calls.count("state") == 3
    assert store.previous == set()


def test_a_list_that_shows_an_older_time_than_the_true_one_retires_nothing_too_early() -> None:
    store = ManySecrets(age=OVERLAP)
    store.previous = set(NAMES)
    listed = store.listed(NAMES)
    store.since = dict.fromkeys(NAMES, NOW - OVERLAP + dt.timedelta(seconds=1))
    store.listed = lambda _: listed  # type: ignore[method-assign, assignment]
    assert sweep(store).run(NOW).retired == 0
    assert len(store.previous) == len(NAMES)


def test_without_the_list_every_secret_is_looked_at_by_itself_and_that_is_logged(logged: list[str]) -> None:
    store = ManySecrets(NAMES[:20])
    store.broken = {"listed"}
    assert sweep(store, NAMES[:20]).run(NOW).looked == 20
    assert store.calls.count("state") == 20
    assert logged == [events.SECRETS_NOT_LISTED, events.SWEEP_DONE]


def test_a_sweep_that_could_look_at_none_says_so_and_is_not_done(logged: list[str]) -> None:
    store = ManySecrets(NAMES[:20])
    store.broken = {"listed", "tidy", "state"}
    with pytest.raises(SweepFailedError, match="the sweep could look at none of 20 secrets; see the log"):
        sweep(store, NAMES[:20]).run(NOW)
    assert events.SWEEP_DONE not in logged
    assert logged.count(events.SWEEP_FAILED) == 20


def test_secrets_that_there_was_no_time_for_are_counted_and_fail_the_sweep(logged: list[str]) -> None:
    store = ManySecrets()
    left = iter([*[RESERVE + 1] * 600, *[RESERVE - 1] * 400])
    with pytest.raises(SweepFailedError, match="the sweep had no time for 400 of 1000 secrets; see the log"):
        sweep(store).run(NOW, lambda: next(left))
    assert logged == [events.SWEEP_DONE]


def test_what_there_was_no_time_for_comes_first_in_a_later_hour() -> None:
    seen: set[str] = set()
    for hour in range(24):
        store = ManySecrets(age=EVERY)
        left = iter([*[RESERVE + 1] * 50, *[RESERVE - 1] * 950])
        with pytest.raises(SweepFailedError):
            sweep(store).run(NOW + dt.timedelta(hours=hour), lambda left=left: next(left))  # type: ignore[misc]
        seen |= {call.partition(" ")[2] for call in store.calls if call.startswith("tidy")}
    assert seen == set(NAMES)
