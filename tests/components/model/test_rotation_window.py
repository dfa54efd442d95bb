"""Hours in UTC that lie in a local window whatever daylight saving does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from keystead.model.rotation_window import UtcWindow, utc_window
from keystead.model.time_of_day import minutes


@pytest.mark.parametrize(
    ("at", "zone", "hours", "expected"),
    [
        ("03:00", "UTC", 4, UtcWindow(3, 4)),
        ("03:00", "Europe/Berlin", 4, UtcWindow(2, 3)),
        ("03:30", "Europe/Berlin", 4, UtcWindow(3, 2)),
        ("03:00", "Europe/Berlin", 1, None),
        ("03:00", "Asia/Kolkata", 4, UtcWindow(22, 2)),
        ("22:00", "America/New_York", 3, UtcWindow(3, 2)),
        ("23:00", "UTC", 4, UtcWindow(0, 3)),
        ("03:00", "Europe/Berlin", 24, UtcWindow(0, 24)),
        ("00:00", "UTC", 24, UtcWindow(0, 24)),
    ],
)
def test_a_local_window_becomes_whole_hours_of_utc(at: str, zone: str, hours: int, expected: UtcWindow | None) -> None:
    assert utc_window(minutes(at), zone, timedelta(hours=hours)) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_no_hour_of_a_year_is_outside_the_local_window(zone: str) -> None:
    window = utc_window(minutes("21:30"), zone, timedelta(hours=5))
    assert window is not None
    for day in range(366):
        opening = datetime(2028, 1, 1, window.hour, tzinfo=UTC) + timedelta(days=day)
        local = opening.astimezone(ZoneInfo(zone))
        after = timedelta(hours=local.hour, minutes=local.minute) - timedelta(hours=21, minutes=30)
        assert after % timedelta(days=1) + timedelta(hours=window.hours) <= timedelta(hours=5)


def test_a_window_knows_its_openings() -> None:
    window = UtcWindow(22, 2)
    before, inside = datetime(2027, 3, 1, 21, 59, tzinfo=UTC), datetime(2027, 3, 1, 23, 59, tzinfo=UTC)
    assert window.last_opening(before) == datetime(2027, 2, 28, 22, tzinfo=UTC)
    assert window.last_opening(inside) == datetime(2027, 3, 1, 22, tzinfo=UTC)
