"""The names that functions log, and that alerts, metric filters and the command look for; and what schedules send."""

from collections.abc import Mapping

EVENT_FIELD = "event"
"""JSON field of each log line that holds one of the names below; metric filters match on it."""

STEP_DONE = "rotation_step_done"
ROTATION_FAILED = "rotation_failed"
ROTATION_LATE = "rotation_late"
MANUAL_ROTATION_DUE = "manual_rotation_due"
FIRST_VALUE_WAITING = "first_value_waiting"
VERSION_RETIRED = "version_retired"
ROTATION_HELD_BACK = "rotation_held_back"
SWEEP_FAILED = "sweep_failed"
SECRETS_NOT_LISTED = "secrets_not_listed"
SWEEP_DONE = "sweep_done"

REQUESTED: Mapping[str, str] = {"keystead": "rotate-now"}
"""Attribute of a message that asks for a rotation at once, whatever the window."""

SWEEP_EVENT: Mapping[str, str] = {"action": "sweep"}
"""What the hourly schedule sends to the rotator."""
