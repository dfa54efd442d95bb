"""Time windows and expiry as CEL over `request.time`, with functions that IAM conditions and access levels document.

Source: "Attribute reference for IAM Conditions" and "Custom access level specification": getHours, getMinutes and
getDayOfWeek take the name of a time zone, Sunday is 0; arithmetic is not documented, so minutes of the day are compared
hour by hour. Access levels document getters only and no comparison of `request.time` itself.
"""

from collections.abc import Iterable
from datetime import datetime

from keystead.model.timestamp import format_timestamp
from keystead.restrictions.cel import Expression, either, every, operators
from keystead.restrictions.hours import DAYS, Hours

_LAST_HOUR = 23
_WHOLE_DAY = 24 * 60
_WEEK = 7


def within(hours: Hours) -> Expression | None:
    """Return the condition that is true in the window, which may span midnight; None where it always is."""
    days = [(DAYS.index(day) + 1) % _WEEK for day in hours.days]
    today, from_start = _on(days, hours.zone), _not_before(hours.start_minute, hours.zone)
    if hours.start_minute < hours.end_minute:
        end = None if hours.end_minute == _WHOLE_DAY else _before(hours.end_minute, hours.zone)
        return every(today, from_start, end)
    evening = every(today, from_start)
    if hours.end_minute == 0:
        return evening
    yesterday = _on([(day + 1) % _WEEK for day in days], hours.zone)
    return either(evening, every(yesterday, _before(hours.end_minute, hours.zone)))


def until(end: datetime) -> Expression:
    """Return the condition that is true before a timestamp, for IAM conditions."""
    return f'request.time < timestamp("{format_timestamp(end)}")'


def until_by_parts(end: datetime) -> Expression | None:
    """Return the condition that is true before a full minute, for access levels, which have only parts of the time."""
    parts = [
        ("getFullYear", end.year),
        ("getMonth", end.month - 1),
        ("getDate", end.day),
        ("getHours", end.hour),
        ("getMinutes", end.minute),
    ]
    while parts[-1][1] == (1 if parts[-1][0] == "getDate" else 0):
        parts.pop()
    *more, (getter, least) = parts
    expression: Expression | None = f"{_part(getter, 'UTC')} < {least}"
    for getter, value in reversed(more):
        now = _part(getter, "UTC")
        expression = either(f"{now} < {value}", every(f"{now} == {value}", expression))
    return expression


def _part(getter: str, zone: str) -> str:
    return f'request.time.{getter}("{zone}")'


def _not_before(minute: int, zone: str) -> Expression | None:
    hour, rest = divmod(minute, 60)
    hours, minutes = _part("getHours", zone), _part("getMinutes", zone)
    if rest == 0:
        return f"{hours} >= {hour}" if hour else None
    if hour == _LAST_HOUR:
        return every(f"{hours} == {hour}", f"{minutes} >= {rest}")
    return either(f"{hours} > {hour}", every(f"{hours} == {hour}" if hour else None, f"{minutes} >= {rest}"))


def _before(minute: int, zone: str) -> Expression | None:
    hour, rest = divmod(minute, 60)
    hours, minutes = _part("getHours", zone), _part("getMinutes", zone)
    if rest == 0:
        return f"{hours} < {hour}"
    if hour == 0:
        return every(f"{hours} == 0", f"{minutes} < {rest}")
    same = f"{hours} == {hour}" if hour < _LAST_HOUR else None
    return either(f"{hours} < {hour}", every(same, f"{minutes} < {rest}"))


def _on(days: Iterable[int], zone: str) -> Expression | None:
    """Return the condition for days of the week, by these days or by the other days, whichever is shorter."""
    chosen = set(days)
    if len(chosen) == _WEEK:
        return None
    day = _part("getDayOfWeek", zone)
    named = either(*(_inside(day, *run) for run in _runs(chosen)))
    others = every(*(_outside(day, *run) for run in _runs(set(range(_WEEK)) - chosen)))
    return min(named, others, key=operators)


def _runs(days: set[int]) -> list[tuple[int, int]]:
    """Return the first and last day of each run of days."""
    starts = sorted(day for day in days if day - 1 not in days)
    return [(start, next(day for day in range(start, _WEEK) if day + 1 not in days)) for start in starts]


def _inside(day: str, first: int, last: int) -> Expression | None:
    if first == last:
        return f"{day} == {first}"
    return every(f"{day} >= {first}" if first else None, f"{day} <= {last}" if last < _WEEK - 1 else None)


def _outside(day: str, first: int, last: int) -> Expression | None:
    if first == last:
        return f"{day} != {first}"
    if first == 0 or last == _WEEK - 1:
        return f"{day} > {last}" if first == 0 else f"{day} < {first}"
    return either(f"{day} < {first}", f"{day} > {last}")
