from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.restrictions.hours import DAYS, Hours


def hours(**fields: str) -> Hours:
    return Hours.model_validate(fields)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("Mon-Fri", ("Mon", "Tue", "Wed", "Thu", "Fri")),
        ("Wed,Mon", ("Mon", "Wed")),
        ("Sat-Mon", ("Mon", "Sat", "Sun")),
        ("Mon-Wed, Sat", ("Mon", "Tue", "Wed", "Sat")),
        ("Sun", ("Sun",)),
    ],
)
def test_days_are_ranges_and_lists_in_the_order_of_the_week(written: str, days: tuple[str, ...]) -> None:
    assert hours(days=written, **{"from": "07:00", "to": "20:00"}).days == days


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-23T06:59:59+00:00", False),
        ("2026-11-23T07:00:00+00:00", True),
        ("2026-11-23T19:59:59+00:00", True),
        ("2026-11-23T20:00:00+00:00", False),
        ("2026-11-22T12:00:00+00:00", False),
        ("2026-11-23T08:30:00+02:00", False),
    ],
)
def test_a_window_holds_its_first_minute_and_not_the_one_it_ends_with(moment: str, *, inside: bool) -> None:
    window = hours(days="Mon-Fri", **{"from": "07:00", "to": "20:00"})
    assert window.cover(datetime.fromisoformat(moment)) is inside


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-27T22:00:00+00:00", True),
        ("2026-11-28T05:59:00+00:00", True),
        ("2026-11-28T06:00:00+00:00", False),
        ("2026-11-28T22:00:00+00:00", False),
        ("2026-11-27T05:00:00+00:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(moment: str, *, inside: bool) -> None:
    window = hours(days="Fri", **{"from": "22:00", "to": "06:00"})
    assert window.cover(datetime.fromisoformat(moment)) is inside


def test_daylight_saving_of_the_zone_moves_the_window() -> None:
    window = hours(zone="Europe/Berlin", **{"from": "09:00", "to": "10:00"})
    assert window.cover(datetime(2026, 7, 1, 7, 30, tzinfo=UTC))
    assert window.cover(datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
    assert not window.cover(datetime(2026, 12, 1, 7, 30, tzinfo=UTC))


MINUTE = st.integers(min_value=0, max_value=1439)


@given(start=MINUTE, length=st.integers(min_value=1, max_value=1439), offset=st.integers(0, 7 * 1440 - 1))
def test_every_day_a_window_covers_as_many_minutes_as_it_is_long(start: int, length: int, offset: int) -> None:
    end = (start + length) % 1440
    window = hours(**{"from": f"{start // 60:02}:{start % 60:02}", "to": f"{end // 60:02}:{end % 60:02}"})
    moment = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=offset)
    assert window.days == DAYS
    assert window.cover(moment) is ((offset - start) % 1440 < length)
