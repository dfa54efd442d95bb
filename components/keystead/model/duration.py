"""Durations as people write them in a spec: `90d`, `12h`, `30m`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN = r"^(0|[1-9][0-9]{0,5})[dhm]$"
"""A whole number without sign or leading zeros, then d (days), h (hours) or m (minutes)."""

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def parse_duration(text: str) -> timedelta:
    """Turn `90d`, `12h` or `30m` into a timedelta; any other text is a ValueError that says what is allowed."""
    if not re.fullmatch(PATTERN, text, re.ASCII):
        raise ValueError("must be a whole number with a unit, such as 90d, 12h or 30m")
    return int(text[:-1]) * _UNITS[text[-1]]


def format_duration(duration: timedelta) -> str:
    """Write a duration in the largest unit that holds it exactly: 24 h is `1d`, 36 h is `36h`."""
    for unit, length in _UNITS.items():
        if duration >= timedelta(0) and duration % length == timedelta(0):
            return f"{duration // length}{unit}"
    raise ValueError(f"{duration!r} is not a whole number of minutes from 0 on")


def default_overlap(every: Any, longest: timedelta) -> timedelta:
    """Return a third of the time between rotations in whole minutes, at most `longest`: 30 days at 90-day rotation."""
    try:
        return min(longest, _validate(every) // 3 // _UNITS["m"] * _UNITS["m"])
    except ValueError:
        return timedelta(0)


def _validate(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError("must be a whole number with a unit, such as 90d, 12h or 30m")


Duration = Annotated[
    timedelta,
    BeforeValidator(_validate),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["90d", "12h", "30m"]}),
]
"""A field of the spec that is written `90d`, `12h` or `30m` and read as a timedelta."""
