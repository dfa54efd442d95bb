"""The rotation rules of Secrets Manager: every so often, or in a window of days that a cron expression names.

Source: API reference, RotationRulesType; user guide, "Rotation schedules": a rate opens its windows at midnight UTC, so
an hour needs a cron expression, whose minutes are 0 and whose year is `*`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from keystead.model.rotation_window import UtcWindow

DAY = timedelta(days=1)
_MONTH_DAYS = 28
"""Days that every month has."""


@dataclass(frozen=True)
class Interval:
    """Days of the calendar that stand for a number of days."""

    shortest: timedelta
    longest: timedelta
    months: int = 0
    """Months between two days; 0 for days and weeks."""


def _months(number: int, shortest: int, longest: int) -> Interval:
    return Interval(shortest * DAY, longest * DAY, number)


CALENDAR: Mapping[timedelta, Interval] = {
    1 * DAY: Interval(1 * DAY, 1 * DAY),
    7 * DAY: Interval(7 * DAY, 7 * DAY),
    30 * DAY: _months(1, 28, 31),
    60 * DAY: _months(2, 59, 62),
    90 * DAY: _months(3, 89, 92),
    120 * DAY: _months(4, 120, 123),
    180 * DAY: _months(6, 181, 184),
    365 * DAY: _months(12, 365, 365),
}
"""Times between rotations that a cron expression can stand for, and how long they are in days of the calendar; the
leap day of a year is not counted."""


@dataclass(frozen=True)
class RotationRules:
    """When Secrets Manager rotates a secret; either days or an expression."""

    days: int | None = None
    expression: str | None = None
    duration: str | None = None

    def __str__(self) -> str:
        """Return the rules as people read them."""
        if self.expression is None:
            return f"every {self.days}d"
        return f"{self.expression} for {self.duration}" if self.duration else self.expression


def rotation_rules(secret: str, every: timedelta, window: UtcWindow | None) -> RotationRules:
    """Return the rules for a secret by its full name; without a window, hours need a rate expression.

    The day of the week or month comes from the name, so that the secrets of an environment do not rotate all at once.
    """
    if window is not None:
        return RotationRules(expression=_cron(secret, every, window), duration=f"{window.hours}h")
    if every % DAY:
        return RotationRules(expression=f"rate({every // timedelta(hours=1)} hours)")
    return RotationRules(days=every.days)


def _cron(secret: str, every: timedelta, window: UtcWindow) -> str:
    spread = int(hashlib.sha256(secret.encode()).hexdigest(), 16)
    if every == DAY:
        return f"cron(0 {window.hour} * * ? *)"
    months = CALENDAR[every].months
    if not months:
        return f"cron(0 {window.hour} ? * {spread % 7 + 1} *)"
    day, first = spread % _MONTH_DAYS + 1, spread // _MONTH_DAYS % months + 1
    names = "*" if months == 1 else ",".join(str(month) for month in range(first, 13, months))
    return f"cron(0 {window.hour} {day} {names} ? *)"
