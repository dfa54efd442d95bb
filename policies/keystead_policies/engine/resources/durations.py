"""Durations and schedules as the providers write them."""

import re

from keystead_policies.engine.resources.values import UnexpectedValueError, Values

_HOURS = {"hour": 1, "day": 24}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EVERY = ("*", "?")


def seconds(values: Values, key: str, default: str = "0s") -> float:
    """Read a duration of Google: a number of seconds such as `7776000s`."""
    text = values.get(key, default)
    if not isinstance(text, str) or not re.fullmatch(r"\d+(\.\d+)?s", text):
        path = f"{values.path}.{key}" if values.path else key
        raise UnexpectedValueError(path, text, "a number of seconds such as 7776000s")
    return float(text.removesuffix("s"))


def schedule_days(schedule: str) -> float:
    """Return the longest interval of a schedule in days, from the days and months it names; 0 where it is no schedule.

    The leap day of a year is not counted.
    """
    if found := re.match(r"rate\((\d+) (hour|day)s?\)", schedule):
        return int(found[1]) * _HOURS[found[2]] / 24
    if not (found := re.match(r"cron\(\S+ \S+ (\S+) (\S+) (\S+) \S+\)", schedule)):
        return 0
    months = sorted({month for part in found[2].upper().split(",") for month in _months(part)})
    if len(months) == len(_LENGTHS) and found[1] in _EVERY:
        return 1 if found[3] in _EVERY else 7
    following = [*months[1:], months[0] + 12] if months else []
    return max((_between(month, later) for month, later in zip(months, following, strict=True)), default=0)


def _between(month: int, later: int) -> int:
    """Return the days from a day of one month to the same day of a later one, which may be in the next year."""
    return sum(_LENGTHS[(number - 1) % len(_LENGTHS)] for number in range(month, later))


def _months(part: str) -> range:
    """Return the months that one part of a cron field names: `*`, `3`, `MAR`, `1-6`, `1/3`."""
    text, _, step = part.partition("/")
    first, _, last = text.partition("-")
    begin = 1 if first in {"*", "?"} else _month(first)
    end = _month(last) if last else 12 if step or first in {"*", "?"} else begin
    return range(begin, end + 1, max(1, _month(step)))


def _month(text: str) -> int:
    return _MONTHS.index(text) + 1 if text in _MONTHS else int(text) if text.isdigit() else 1
