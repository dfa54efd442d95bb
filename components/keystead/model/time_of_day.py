"""Times of day and time zones as people write them in a spec: `"03:00"` and `Europe/Berlin`."""

import re
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

from keystead.model.names import suggestion

TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
"""A time of day, HH:MM."""
END_PATTERN = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
"""The end of a time of day, up to the day's end."""


def time_of_day(pattern: str, example: str) -> AfterValidator:
    """Accept times of a pattern."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"must be a time of day as HH:MM in quotes, such as {example}")
        return value

    return AfterValidator(check)


def minutes(clock: str) -> int:
    """Return the minutes from midnight to a time of day."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def _check_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(
            f"must be a time zone of the IANA database, such as Europe/Berlin{suggestion(value, _zones())}"
        )
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


Zone = Annotated[str, AfterValidator(_check_zone)]
"""A field of the spec that names an IANA time zone."""
