"""Calls within the quota of a minute."""

from typing import Any

import pytest
from keystead.functions.shared.google.pace import PacedCalls


class Clock:
    """Time that only pauses move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


class Calls:
    """Notes when each call was made."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.made: list[tuple[str, float]] = []

    def call(self, http: str, service: str, path: str, *more: Any, **options: Any) -> dict[str, Any]:
        assert (service, more, options) == ("secretmanager", (None,), {"query": None, "repeat": True})
        self.made.append((f"{http} {path}", self.clock.now))
        return {}


@pytest.mark.parametrize("http", ["GET", "PATCH"])
def test_no_minute_has_more_calls_than_the_limit_and_none_waits_longer_than_it_must(http: str) -> None:
    clock = Clock()
    calls = Calls(clock)
    paced = PacedCalls(calls, clock.pause, clock, per_minute=400)
    for _ in range(1000):
        clock.now += 0.01
        paced.call(http, "secretmanager", "v1/x")
    times = [time for _, time in calls.made]
    assert max(sum(start <= time < start + 60 for time in times) for start in times) == 400
    assert clock.now - 1000 < 2 * 60 + 10


def test_reading_values_and_writing_do_not_wait_for_reads() -> None:
    clock = Clock()
    paced = PacedCalls(Calls(clock), clock.pause, clock, per_minute=1)
    for http, path in (("GET", "v1/x"), ("POST", "v1/x:addVersion"), *[("GET", "v1/x/versions/1:access")] * 50):
        paced.call(http, "secretmanager", path)
    assert clock.now == 1000
