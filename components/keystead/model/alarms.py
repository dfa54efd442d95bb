"""The alarms of an environment, by what they watch; one list for every cloud."""

from enum import StrEnum


class Alarm(StrEnum):
    """What an alarm watches. The value is the name of the alarm without the environment."""

    FAILED = "rotation-failed"
    LATE = "rotation-late"
    DUE = "manual-rotation-due"
    UNWATCHED = "rotation-unwatched"
    GIVEN_UP = "rotation-given-up"

    @property
    def short(self) -> str:
        """Name of the alarm in the stack's outputs."""
        return self.name.lower()

    @property
    def text(self) -> str:
        """What the alarm tells people, in one sentence."""
        return _TEXTS[self]


_TEXTS: dict[Alarm, str] = {
    Alarm.FAILED: "A rotation or the sweep failed; the current value is still valid and it is tried again",
    Alarm.LATE: "A rotation is late",
    Alarm.DUE: "A person must provide a new value",
    Alarm.UNWATCHED: "No sweep has looked after the rotations for a day",
    Alarm.GIVEN_UP: "The rotator could not be reached or failed for good; read the dead letters",
}

FAULTS = (Alarm.FAILED, Alarm.LATE, Alarm.UNWATCHED, Alarm.GIVEN_UP)
"""Alarms that mean that something is broken. A value that a person must provide is work to do, not a fault."""
