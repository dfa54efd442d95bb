"""From when on a rotation is late."""

import datetime as dt

import pytest
from keystead.functions.shared.lateness import late_after


@pytest.mark.parametrize(("every", "late"), [({"days": 90}, {"days": 91}), ({"hours": 4}, {"hours": 8})])
def test_a_rotation_is_late_a_day_after_its_date_or_another_period_where_that_is_shorter(
    every: dict[str, int], late: dict[str, int]
) -> None:
    assert late_after(dt.timedelta(**every)) == dt.timedelta(**late)
