"""What the state of a secret or key means: in order, something to do for a person, or a problem."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from keystead.functions.shared.lateness import late_after
from keystead.model.duration import format_duration
from keystead.operations.inventory import KeyCondition, ObservedKey, ObservedSecret
from keystead.spec.keys import KeySpec
from keystead.spec.secrets import SecretSpec

STEP_LIMIT = timedelta(minutes=15)
"""Longest run of one AWS Lambda invocation: a rotation step older than this has ended without finishing."""
RETIREMENT = timedelta(days=2)
"""The sweep that ends overlaps runs hourly: after this long it has run and failed."""


class State(StrEnum):
    """State of one secret or key."""

    CURRENT = "current"
    OVERLAP = "overlap"
    WAITING = "waiting"
    REMINDER = "reminder"
    LATE = "late"
    FAILED = "failed"
    LAGGING = "lagging"
    DISABLED = "disabled"
    DELETING = "deleting"
    MISSING = "missing"

    @property
    def problem(self) -> bool:
        """Whether something is wrong, rather than in order or waiting for a person."""
        return self not in (State.CURRENT, State.OVERLAP, State.WAITING, State.REMINDER)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """State of one secret or key, in words a person can act on."""

    state: State
    text: str
    last: datetime | None = None
    following: datetime | None = None
    """When it rotates next; for a value that a person provides, when the next one is due."""
    overlap_until: datetime | None = None
    schedule: str | None = None
    """The store's own rules for the next rotation."""
    retry: bool = False
    """Whether rotating at once would help: a machine should have made a value and has not."""


def assess_key(spec: KeySpec, seen: ObservedKey | None) -> Assessment:
    """Compare one key of the spec with what the cloud holds."""
    if seen is None:
        return Assessment(state=State.MISSING, text="not deployed")
    if seen.condition is KeyCondition.DELETING:
        until = f" on {seen.deletion:%Y-%m-%d}" if seen.deletion else ""
        return Assessment(state=State.DELETING, text=f"will be deleted{until}")
    if seen.condition is KeyCondition.DISABLED:
        return Assessment(state=State.DISABLED, text="disabled: nothing can be done with it")
    if spec.use == "encrypt" and spec.rotation and seen.rotation != spec.rotation:
        actual = f"every {seen.rotation.days} d" if seen.rotation else "never"
        return Assessment(state=State.LATE, text=f"rotates {actual}, the spec says every {spec.rotation.days} d")
    return Assessment(state=State.CURRENT, text="enabled", following=seen.rotates)


def assess_renamed(own: Assessment, new: str) -> Assessment:
    """Return what is told of a secret under its old name: it is neither rotated nor late, and somebody removes it."""
    if own.state.problem and own.state is not State.LATE and own.state is not State.FAILED:
        return own
    text = f"renamed to {new}: remove it when nobody reads it under this name any more"
    return replace(own, state=State.CURRENT, text=text, following=None, overlap_until=None, retry=False)


def assess_secret(spec: SecretSpec, seen: ObservedSecret | None, now: datetime) -> Assessment:
    """Compare one secret of the spec with what the store holds at `now`."""
    if seen is None:
        return Assessment(state=State.MISSING, text="not deployed")
    if seen.deletion is not None:
        return Assessment(state=State.DELETING, text=f"in its recovery window until {seen.deletion:%Y-%m-%d}")
    if seen.current_since is None:
        return _without_value(spec, seen, now)
    return _assess_value(spec, seen, seen.current_since, now)


def _assess_value(spec: SecretSpec, seen: ObservedSecret, last: datetime, now: datetime) -> Assessment:
    rotation, retry = spec.rotation, False
    by_hand = rotation.rotator == "manual"
    due = last + rotation.every if by_hand else seen.due
    until = last + rotation.overlap if seen.previous else None
    late = last + late_after(rotation.longest_on(spec.clouds[0]))
    if not seen.readable:
        state, text = State.DISABLED, "its current version is disabled: nobody can read it"
    elif not by_hand and seen.pending_since is not None and now - seen.pending_since > STEP_LIMIT:
        begun, retry = f"{seen.pending_since:%Y-%m-%d %H:%M}", True
        state, text = State.FAILED, f"rotation begun {begun} failed; the current value still works"
    elif seen.failed_replicas:
        regions = ", ".join(seen.failed_replicas)
        state, text = State.FAILED, f"its replica in {regions} did not get the current value"
    elif due is not None and by_hand and now >= due:
        state, text = State.REMINDER, f"a new value is due since {due:%Y-%m-%d}"
    elif not by_hand and now >= late:
        retry = True
        state, text = State.LATE, f"late: due since {last + rotation.every:%Y-%m-%d}"
    elif not by_hand and seen.switched_off:
        text = "its rotation is switched off; run pulumi up --refresh, which brings the schedule back"
        state = State.LATE
    elif not by_hand and seen.schedule and not seen.as_declared:
        wanted = f"the spec says every {format_duration(rotation.every)}{f' at {rotation.at}' if rotation.at else ''}"
        state, text = State.LATE, f"rotates {seen.schedule}, {wanted}; run pulumi up"
    elif until is not None and now >= until + RETIREMENT:
        state, text = State.LATE, f"late: the previous value should have ended on {until:%Y-%m-%d}"
    elif until is not None:
        state, text = State.OVERLAP, f"overlap until {until:%Y-%m-%d}"
    else:
        state, text = State.CURRENT, "current"
    return Assessment(
        state=state, text=text, last=last, following=due, overlap_until=until, schedule=seen.schedule, retry=retry
    )


def _without_value(spec: SecretSpec, seen: ObservedSecret, now: datetime) -> Assessment:
    if spec.rotation.rotator == "manual":
        return Assessment(state=State.WAITING, text="waits for its first value")
    begun = seen.pending_since or seen.created
    if now - begun > STEP_LIMIT:
        text = f"no value: the first rotation, begun {begun:%Y-%m-%d %H:%M}, failed"
        return Assessment(state=State.FAILED, text=text, retry=True)
    return Assessment(state=State.WAITING, text="first rotation is under way")
