from datetime import UTC, datetime, timedelta, timezone

import pytest
from keystead.cli.render.dates import relative, stamp

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("apart", "text"),
    [
        (timedelta(0), "2026-11-22 (now)"),
        (timedelta(seconds=-59), "2026-11-22 (now)"),
        (timedelta(minutes=-1), "2026-11-22 (1 min ago)"),
        (timedelta(minutes=89), "2026-11-22 (in 89 min)"),
        (timedelta(minutes=90), "2026-11-22 (in 2 h)"),
        (timedelta(hours=35), "2026-11-23 (in 35 h)"),
        (timedelta(days=-2), "2026-11-20 (2 d ago)"),
        (timedelta(days=90, seconds=-5), "2027-02-20 (in 90 d)"),
        (timedelta(days=90, hours=11, minutes=59), "2027-02-20 (in 90 d)"),
        (timedelta(days=-90, hours=-13), "2026-08-23 (91 d ago)"),
    ],
)
def test_a_date_says_how_far_from_now_it_is(apart: timedelta, text: str) -> None:
    assert relative(NOW + apart, NOW) == text


def test_dates_are_said_in_utc_whatever_zone_they_come_in() -> None:
    local = datetime(2026, 11, 23, 1, 0, tzinfo=timezone(timedelta(hours=3)))
    assert relative(local, NOW).startswith("2026-11-22 ")
    assert stamp(local) == "2026-11-22T22:00:00Z"
    assert stamp(None) is None
