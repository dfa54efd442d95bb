from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.model.duration import default_overlap, format_duration, parse_duration

MINUTES = st.integers(min_value=0, max_value=999_999)


@given(MINUTES)
def test_a_written_duration_reads_back_as_the_same(minutes: int) -> None:
    duration = timedelta(minutes=minutes)
    assert parse_duration(format_duration(duration)) == duration


@given(st.integers(min_value=0, max_value=999_999), st.sampled_from("dhm"))
def test_a_read_duration_is_written_in_the_largest_unit_that_holds_it(number: int, unit: str) -> None:
    duration = parse_duration(f"{number}{unit}")
    written = format_duration(duration)
    assert parse_duration(written) == duration
    assert int(written[:-1]) <= number
    if number:
        larger = {"m": 60, "h": 24}.get(written[-1])
        assert larger is None or int(written[:-1]) % larger != 0


@pytest.mark.parametrize(
    "text", ["", "90", "d", "-1d", "+1d", "1.5h", "1 d", "01d", "90D", "1w", "1d12h", "٣d", "1d\n", "1000000d"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="whole number with a unit, such as 90d, 12h or 30m"):
        parse_duration(text)


@pytest.mark.parametrize("duration", [timedelta(seconds=1), timedelta(days=-1), timedelta(microseconds=1)])
def test_what_cannot_be_written_exactly_is_refused(duration: timedelta) -> None:
    with pytest.raises(ValueError, match="not a whole number of minutes"):
        format_duration(duration)


@given(st.integers(min_value=4, max_value=24 * 999), st.integers(min_value=0, max_value=60))
def test_the_default_overlap_is_always_shorter_than_the_rotation_it_follows(hours: int, longest: int) -> None:
    every = timedelta(hours=hours)
    assert timedelta(0) <= default_overlap(every, timedelta(days=longest)) < every


def test_the_common_case_is_thirty_days_of_grace_at_ninety_days() -> None:
    assert default_overlap("90d", timedelta(days=30)) == timedelta(days=30)
