"""One rotation that a person requested: what was accepted, what is seen of it, and the wait until it is over."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keystead.functions.shared.events import EVENT_FIELD, ROTATION_FAILED
from keystead.model.duration import format_duration
from keystead.spec.environment import EnvironmentSpec

PAUSE = 1.0
"""Seconds between two looks; a rotation of a random value takes a few seconds."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A rotation as the store accepted it."""

    before: str | None
    """The version that was current; None where this rotation makes the first value."""
    wanted: str
    """What the rotator's log calls it: on AWS the version that is to become current, on GCP the message."""
    resumed: bool = False
    """Whether an earlier rotation had not finished, so that this one continues it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What has become of a rotation so far; neither field is set while it is under way."""

    current: str | None = None
    """The new current version, once it is."""
    failure: str | None = None
    """The step that failed and why, once one did; it holds no value."""


class RotationRequest(Protocol):
    """The request to rotate one secret on the cloud that leads its rotation."""

    def displaces(self) -> bool:
        """Return whether a rotation would end a previous value at once, since a store keeps one beside the current."""

    def submit(self) -> Accepted:
        """Request the rotation."""

    def outcome(self, accepted: Accepted, since: datetime) -> Outcome:
        """Return what has become of the rotation that was accepted at `since`."""

    def advice(self, accepted: Accepted) -> str:
        """Say what helps when the rotation cannot finish."""


def wait_for(
    request: RotationRequest, accepted: Accepted, since: datetime, patience: float, *, pause: Callable[[float], None]
) -> Outcome:
    """Look until the rotation is over or `patience` seconds have passed; return the last outcome."""
    end = time.monotonic() + patience
    while True:
        outcome = request.outcome(accepted, since)
        if outcome.current or outcome.failure or time.monotonic() >= end:
            return outcome
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


def displaced(spec: EnvironmentSpec, name: str, command: str) -> str:
    """Return what a person reads where a new value would end a previous one that is still readable."""
    overlap = format_duration(spec.secrets[name].rotation.overlap)
    return (
        f"{spec.environment}: {name} got its value less than its overlap of {overlap} ago, and the value before is "
        "still readable. A store keeps one value beside the current, so another one ends that at once. Wait until the "
        f"overlap is over (keystead status --env {spec.environment}), or, as after a leak, end it with: "
        f"{command} --env {spec.environment} --end-previous"
    )
