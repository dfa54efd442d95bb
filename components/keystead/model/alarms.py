"""The alarms of an environment, by what they watch; one list for every cloud."""

from enum import StrEnum


class Alarm(StrEnum):
    """What an alarm watches. The value is the name of the alarm without the environment."""

    FAILED = "rotation-failed"
    """A rotation or the hourly sweep failed."""
    LATE = "rotation-late"
    """A rotation that should have happened did not."""
    DUE = "manual-rotation-due"
    """A person must provide a new value."""
    UNWATCHED = "rotation-unwatched"
    """No sweep has ended for a day, so nothing looks after the rotations."""
    GIVEN_UP = "rotation-given-up"
    """Messages wait as dead letters because the rotator could not be reached or failed for good."""


FAULTS = (Alarm.FAILED, Alarm.LATE, Alarm.UNWATCHED, Alarm.GIVEN_UP)
"""Alarms that mean something is broken. That a person must provide a value is work to do, not a fault."""

OUTPUTS: dict[Alarm, str] = {
    Alarm.FAILED: "failed",
    Alarm.LATE: "late",
    Alarm.DUE: "due",
    Alarm.UNWATCHED: "unwatched",
    Alarm.GIVEN_UP: "given_up",
}
"""Short name of each alarm in the stack's outputs."""
