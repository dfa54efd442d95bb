"""What components and functions agree on: the events schedules send, the names alerts look for, and the clock."""

from keystead.functions.shared.clock import now
from keystead.functions.shared.events import (
    EVENT_FIELD,
    FIRST_VALUE_WAITING,
    MANUAL_ROTATION_DUE,
    ROTATION_FAILED,
    ROTATION_LATE,
    STEP_DONE,
    SWEEP_DONE,
    SWEEP_EVENT,
    SWEEP_FAILED,
    VERSION_RETIRED,
)

__all__ = [
    "EVENT_FIELD",
    "FIRST_VALUE_WAITING",
    "MANUAL_ROTATION_DUE",
    "ROTATION_FAILED",
    "ROTATION_LATE",
    "STEP_DONE",
    "SWEEP_DONE",
    "SWEEP_EVENT",
    "SWEEP_FAILED",
    "VERSION_RETIRED",
    "now",
]
