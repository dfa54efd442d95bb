"""The clock is real time, ahead only by what the sandbox's file says."""

import datetime as dt
from pathlib import Path

import pytest
from keystead.functions.shared import clock
from keystead.functions.shared.sandbox import CLOCK_VARIABLE


def ahead_of_real_time() -> dt.timedelta:
    return clock.now() - dt.datetime.now(dt.UTC)


def test_without_the_variable_time_is_real_and_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CLOCK_VARIABLE, raising=False)
    before = dt.datetime.now(dt.UTC)
    assert before <= clock.now() <= dt.datetime.now(dt.UTC)


@pytest.mark.parametrize(("text", "days"), [("7776000", 90), ("7776000.0\n", 90), ("", 0)])
def test_the_files_seconds_are_added_each_time_it_is_asked(
    text: str, days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv(CLOCK_VARIABLE, str(file))
    assert round(ahead_of_real_time() / dt.timedelta(days=1)) == 0
    file.write_text(text)
    assert round(ahead_of_real_time() / dt.timedelta(days=1)) == days


def test_a_damaged_file_is_an_error_and_not_the_wrong_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clock"
    file.write_text("soon")
    monkeypatch.setenv(CLOCK_VARIABLE, str(file))
    with pytest.raises(ValueError, match="soon"):
        clock.now()
