"""Five-field cron expressions and `every 5 minutes`, in a time zone.

Source: Cloud Scheduler guide, "Cron job format and time zone".
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keystead_sandbox.local_gcp.api.errors import invalid

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
DAYS = "sun mon tue wed thu fri sat"
_EVERY = re.compile(r"every (\d+) (minutes|mins|hours)")
FARTHEST_DAYS = 366 * 5


@dataclass(frozen=True)
class Schedule:
    """When a job runs."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Day of month and day of week are both given: either of them is enough, as in cron."""
    zone: ZoneInfo
    every: int = 0
    """Seconds between runs, where it says `every`."""

    def after(self, time: float) -> float | None:
        """The first run after a time, in seconds since 1970."""
        if self.every:
            return (time // self.every + 1) * self.every
        local = datetime.fromtimestamp(time, UTC).astimezone(self.zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(FARTHEST_DAYS):
            if self._runs_on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        found = day.replace(hour=hour, minute=minute).timestamp()
                        if found > time:
                            return found
            day = (day + timedelta(days=1)).replace(hour=0, minute=0)
        return None

    def last(self, since: float, until: float) -> float | None:
        """The last run after `since` and not after `until`."""
        found, start = None, max(since, until - 86_400)
        following = self.after(start) or self.after(since)
        while following is not None and following <= until:
            found, following = following, self.after(following)
        return found

    def _runs_on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.either else (in_month and in_week)


def parsed(text: str, zone: str) -> Schedule:
    """The schedule a job's fields mean."""
    try:
        place = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"Time zone '{zone}' is not in the tz database.") from error
    every = _EVERY.fullmatch(text)
    if every:
        seconds = int(every[1]) * (3600 if every[2] == "hours" else 60)
        none: frozenset[int] = frozenset()
        return Schedule(none, none, none, none, none, either=False, zone=place, every=seconds)
    fields = text.lower().split()
    if len(fields) != 5:
        raise invalid(f"Schedule or time zone is invalid: '{text}'.")
    for number, name in enumerate(MONTHS.split(), 1):
        fields[3] = fields[3].replace(name, str(number))
    for number, name in enumerate(DAYS.split()):
        fields[4] = fields[4].replace(name, str(number))
    minutes, hours, days, months, weekdays = (
        _field(field, low, high, text) for field, (low, high) in zip(fields, RANGES, strict=True)
    )
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    return Schedule(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either, place)


def _field(field: str, low: int, high: int, text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", part)
        if not match:
            raise invalid(f"Schedule or time zone is invalid: '{text}'.")
        first = low if match[1] == "*" else int(match[1])
        last = int(match[2]) if match[2] else (high if match[1] == "*" or match[3] else first)
        step = int(match[3] or 1)
        if not low <= first <= last <= high or step < 1:
            raise invalid(f"Schedule or time zone is invalid: '{text}'.")
        found.update(range(first, last + 1, step))
    return frozenset(found)
