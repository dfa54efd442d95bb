"""One rotation that a person ordered: what was asked for, what is seen of it, and the wait until it is over."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keystead.functions.shared.events import EVENT_FIELD, ROTATION_FAILED

PAUSE = 1.0
"""Seconds between two looks; a rotation of a random value takes a few seconds."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A rotation as the store accepted it."""

    before: str | None
    """The version that was current; None where this rotation makes the first value."""
    wanted: str
    """What the rotator's log calls it: on AWS the version that is to become current, on GCP the message."""
    again: bool = False
    """Whether an earlier rotation had not finished, so that this one takes it up again."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What is seen of a rotation at one moment."""

    current: str | None = None
    """The new current version, once it is."""
    failure: str | None = None
    """The step that failed and why, once one did; it holds no value."""


class Turn(Protocol):
    """A secret whose rotation can be ordered and watched."""

    def order(self) -> Order:
        """Have it rotated now."""

    def look(self, order: Order, since: datetime) -> Sight:
        """Return what has become of the order, given at `since`."""

    def way_out(self, order: Order) -> str:
        """Say what helps when the rotation cannot finish."""


def watched(turn: Turn, order: Order, since: datetime, patience: float, *, pause: Callable[[float], None]) -> Sight:
    """Look until the rotation is over or `patience` seconds have passed; then neither field of the answer is set."""
    end = time.monotonic() + patience
    while True:
        sight = turn.look(order, since)
        if sight.current or sight.failure or time.monotonic() >= end:
            return sight
        pause(PAUSE)


def failure_in(lines: Iterable[str], secret: str, version: str) -> str | None:
    """Return what the last of the rotator's log lines about this rotation says went wrong."""
    found: str | None = None
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        about = isinstance(entry, dict) and entry.get("secret") == secret
        if about and entry.get(EVENT_FIELD) == ROTATION_FAILED and entry.get("version") == version:
            reason = entry.get("reason") or entry.get("error") or "see its log"
            found = f"{entry.get('step', 'a step')}: {reason}"
    return found
