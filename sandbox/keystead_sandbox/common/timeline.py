"""What happens on a cloud's clock, in order: rotations, schedules, deletions, alarms.

While the clock is not advanced, due events run in the background within half a second. `advance` moves the clock from
event to event, runs each one and waits for it: what happens in a year happens in the same order in half a minute.

Clouds that work with each other advance together: all of them stop (`hold`) at the time of the next event of any of
them, before the cloud of that event runs it (`step`).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from math import ceil
from typing import Any

from keystead_sandbox.common.clock import Clock

logger = logging.getLogger("keystead.timeline")

DAY = 86_400
TICK_SECONDS = 0.5
HOLD_SECONDS = 120
"""How long a cloud stays stopped after the last command, in case the process that advances the clouds has died."""
MOST_EVENTS = 20_000
"""An advance with more events than this is a fault of the sandbox, not a schedule."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that happens at `at` (seconds since 1970); `run` does it and says what came of it.

    Two events with the same kind and key never run at the same time; the key is the name unless it is given.
    """

    at: float
    kind: str
    name: str
    run: Callable[[], str] = field(compare=False, repr=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time an advance covers; `until` is its end. Live running covers only the present."""

    start: float
    until: float

    @property
    def spacing(self) -> float:
        """Seconds that at least lie between two runs of one schedule: a day, more for long stretches, at most ten."""
        return max(DAY, min(10 * DAY, (self.until - self.start) / 20))


Source = Callable[[Span], Iterable[Due]]
Report = Callable[[dict[str, Any]], None]


class Timeline:
    """Runs the events of its sources. Only one advance runs at a time."""

    def __init__(self, clock: Clock, sources: Iterable[Source], after_event: Callable[[], Iterable[Due]]) -> None:
        self._clock = clock
        self._sources = tuple(sources)
        self._after_event = after_event
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="timeline")
        self._running: dict[tuple[str, str], Future[None]] = {}
        self._held_until = 0.0

    def wake(self) -> None:
        """Look for due events now instead of at the next tick."""
        self._wake.set()

    def run_forever(self) -> None:
        """Run what falls due as real time passes."""
        while True:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            self.tick()

    def tick(self) -> None:
        """Start what is due now, unless the clock is being advanced or held."""
        if time.monotonic() < self._held_until or not self._turn.acquire(blocking=False):
            return
        try:
            self._run_present()
        except Exception:
            logger.exception("the due events could not be collected")
        finally:
            self._turn.release()

    def advance(self, to: int, report: Report) -> int:
        """Move the clock to offset `to` through every event on the way; answer how many there were."""
        with self._turn:
            self._settle()
            count = self._run_until(self._span(self._clock.offset, to), to, report)
            self._end(to, report)
        return count

    def hold(self, to: int) -> None:
        """Move the clock to offset `to`, run nothing, and stop there."""
        with self._turn:
            self._settle()
            self._held_until = time.monotonic() + HOLD_SECONDS
            self._clock.move(to)

    def step(self, start: int, to: int, until: int, report: Report) -> tuple[int, int | None]:
        """As part of an advance from offset `start` to `until`: run what is due by `to`, then stop.

        Answers how many events there were and the offset of the next one within the advance. `until` ends it.
        """
        with self._turn:
            self._settle()
            self._held_until = time.monotonic() + HOLD_SECONDS
            span = self._span(start, until)
            count = self._run_until(span, to, report)
            self._clock.move(to)
            if to == until:
                self._end(to, report)
                self.release()
                return count, None
            upcoming = self._due(span)
            if self._held_until:  # not released meanwhile
                self._held_until = time.monotonic() + HOLD_SECONDS
        return count, max(to, self._offset_of(upcoming[0])) if upcoming else None

    def release(self) -> None:
        """Resume running what falls due as real time passes."""
        self._held_until = 0.0

    def _end(self, to: int, report: Report) -> None:
        self._clock.move(to)
        for event in self._after_event():
            self._run(event, report)
        self._clock.publish()

    def _span(self, start: int, until: int) -> Span:
        now = self._clock.now() - self._clock.offset
        return Span(now + start, now + max(start, until))

    def _offset_of(self, event: Due) -> int:
        return self._clock.offset + ceil(max(0.0, event.at - self._clock.now()))

    def _due(self, span: Span) -> list[Due]:
        events = chain.from_iterable(source(span) for source in self._sources)
        return sorted((event for event in events if event.at <= span.until), key=lambda event: event.at)

    def _run_present(self) -> None:
        self._running = {key: future for key, future in self._running.items() if not future.done()}
        now = self._clock.now()
        for event in self._due(Span(now, now)):
            key = (event.kind, event.key or event.name)
            if key not in self._running:
                self._running[key] = self._pool.submit(_run_logged, event)
        for event in self._after_event():
            _run_logged(event)

    def _settle(self) -> None:
        for future in list(self._running.values()):
            future.result()

    def _run_until(self, span: Span, to: int, report: Report) -> int:
        for count in range(MOST_EVENTS):
            events = self._due(span)
            if not events or (offset := self._offset_of(events[0])) > max(to, self._clock.offset):
                return count
            self._clock.move(offset)
            self._run(events[0], report)
            for consequence in self._after_event():
                self._run(consequence, report)
        last = events[0]
        message = f"more than {MOST_EVENTS} events on the way to offset {to}; the last was {last.kind} {last.name}"
        raise RuntimeError(message)

    def _run(self, event: Due, report: Report) -> None:
        result = event.run()
        timestamp = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="seconds")
        line = {"at": timestamp, "offset": self._clock.offset, "kind": event.kind, "name": event.name, "result": result}
        report(line)


def _run_logged(event: Due) -> None:
    try:
        event.run()
    except Exception:
        logger.exception("%s %s failed", event.kind, event.name)
