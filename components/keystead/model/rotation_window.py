"""Windows of time for rotations, in UTC: neither cloud's schedules know time zones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_YEAR = 2027
"""A year whose offsets stand for all: how far daylight saving moves a zone's clock changes with laws alone."""


@dataclass(frozen=True)
class UtcWindow:
    """Whole hours of each day in UTC, without midnight in between."""

    hour: int
    """Hour at which the window opens, 0 to 23."""
    hours: int
    """Length of the window, 1 to 24."""

    def last_opening(self, until: datetime) -> datetime:
        """Return the last opening that is not later than a timestamp."""
        opening = until.astimezone(UTC).replace(hour=self.hour, minute=0, second=0, microsecond=0)
        return opening if opening <= until else opening - DAY


def utc_window(at: int, zone: str, window: timedelta) -> UtcWindow | None:
    """Return the longest run of whole hours in UTC that lie in a local window all year round; None where none does.

    `at` is the minute of the day at which the window opens in the zone. Secrets Manager's windows open on the hour and
    do not extend into the next UTC day (user guide, "Rotation schedules"); of two parts of equal length, the later one.
    """
    able = [hour for hour in range(24) if all(_inside(hour, at, window, offset) for offset in _offsets(zone))]
    runs: list[list[int]] = []
    for hour in able:
        if runs and runs[-1][-1] == hour - 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    longest = max(runs, key=lambda run: (len(run), run[0]), default=None)
    return UtcWindow(longest[0], len(longest)) if longest else None


def _inside(hour: int, at: int, window: timedelta, offset: timedelta) -> bool:
    """Return whether an hour of the UTC day lies in the local window wholly."""
    after = (hour * HOUR + offset - timedelta(minutes=at)) % DAY
    return after + HOUR <= window


def _offsets(zone: str) -> set[timedelta]:
    """Return how far the zone is ahead of UTC in the course of a year."""
    place = ZoneInfo(zone)
    noons = (datetime(_YEAR, 1, 1, 12, tzinfo=UTC) + number * DAY for number in range(365))
    return {noon.astimezone(place).utcoffset() or timedelta() for noon in noons}
