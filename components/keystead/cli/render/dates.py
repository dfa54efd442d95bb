"""Dates as people say them."""

from datetime import UTC, datetime, timedelta

DAY = 86_400
"""Seconds."""


def relative(timestamp: datetime, now: datetime) -> str:
    """Say a date in UTC and how far from `now` it is: `2026-11-22 (3 h ago)`, `2027-02-20 (in 90 d)`."""
    apart = timestamp - now
    length = _length(timestamp, now)
    distance = f"in {length}" if apart > timedelta(0) else f"{length} ago"
    return f"{timestamp.astimezone(UTC):%Y-%m-%d} ({distance if length else 'now'})"


def stamp(timestamp: datetime | None) -> str | None:
    """Write a timestamp as ISO 8601 in UTC, to the second."""
    return timestamp.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if timestamp else None


def _length(timestamp: datetime, now: datetime) -> str | None:
    """Count days as the calendar does, so that they agree with the date beside them, and the rest by the clock."""
    seconds = abs((timestamp - now).total_seconds())
    if seconds >= 1.5 * DAY:
        return f"{abs((timestamp.astimezone(UTC).date() - now.astimezone(UTC).date()).days)} d"
    for unit, size in (("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * size or (unit == "min" and seconds >= size):
            return f"{round(seconds / size)} {unit}"
    return None
