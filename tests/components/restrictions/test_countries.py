from importlib.resources import files
from pathlib import Path

import pytest
from keystead.restrictions.countries import COUNTRIES


def test_the_codes_are_those_of_the_time_zone_database() -> None:
    table = Path("/usr/share/zoneinfo/iso3166.tab")
    try:
        text = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        if not table.is_file():
            pytest.skip("no time zone database with a table of countries here")
        text = table.read_text(encoding="utf-8")
    assert {line.split()[0] for line in text.splitlines() if line and not line.startswith("#")} == COUNTRIES


def test_there_are_249_of_them() -> None:
    assert len(COUNTRIES) == 249
