"""When a secret's next rotation is due: `AutomaticallyAfterDays`, `rate()` and `cron()`, and the window's `Duration`.

Source: API reference, RotationRulesType and DescribeSecret; user guide, "Rotation schedules". A rate in days opens its
window at midnight UTC of the day it falls on, and this sandbox rotates at the opening. AWS describes NextRotationDate
as "on or before": it is the last second of a window measured in days, and the end of one with a duration. AWS gives no
text for what it refuses; those here are the sandbox's own.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import invalid_parameter
from keystead_sandbox.local_aws.secrets_manager.store import CURRENT, Secret, is_replica, labelled

Rules = dict[str, Any]

_RATE = re.compile(r"rate\((\d+) (hours?|days?)\)")
_DURATION = re.compile(r"[0-9]+h")
SHORTEST_HOURS, LONGEST_DAYS = 4, 1000
LONGEST_RATE_DAYS = 999
DAY_HOURS = 24


def validate(rules: Rules) -> None:
    """Refuse rules AWS refuses."""
    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if days is not None and expression:
        raise invalid_parameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if days is not None and not 1 <= int(days) <= LONGEST_DAYS:
        raise invalid_parameter(f"AutomaticallyAfterDays must be between 1 and {LONGEST_DAYS}.")
    if expression and _hours(expression) is None and _cron(expression) is None:
        raise invalid_parameter(f"Invalid ScheduleExpression {expression}.")
    hours = _hours(expression or "")
    if hours is not None and not SHORTEST_HOURS <= hours <= LONGEST_RATE_DAYS * DAY_HOURS:
        raise invalid_parameter(f"A secret can be rotated every {SHORTEST_HOURS} hours to {LONGEST_RATE_DAYS} days.")
    _validate_duration(rules)


def _validate_duration(rules: Rules) -> None:
    duration, expression = rules.get("Duration"), rules.get("ScheduleExpression") or ""
    if duration is None:
        return
    if not _DURATION.fullmatch(str(duration)) or not 1 <= _length(duration) <= DAY_HOURS:
        raise invalid_parameter(f"Invalid Duration {duration}.")
    hours, fields = _hours(expression), _cron(expression)
    if hours is not None and hours % DAY_HOURS and _length(duration) > hours:
        raise invalid_parameter("The rotation window must not extend into the next rotation window.")
    if fields is not None and max(fields[1]) + _length(duration) > DAY_HOURS:
        raise invalid_parameter("The rotation window must not extend into the next UTC day.")


def days(rules: Rules) -> int | None:
    """The number of days AWS reports as AutomaticallyAfterDays for these rules."""
    if rules.get("AutomaticallyAfterDays") is not None:
        return int(rules["AutomaticallyAfterDays"])
    hours = _hours(rules.get("ScheduleExpression") or "")
    return hours // 24 if hours is not None and hours % 24 == 0 else None


def opens(rules: Rules, last: float) -> float | None:
    """Seconds since 1970 at which the first window after `last` opens; None when the rules say nothing."""
    timestamp = datetime.fromtimestamp(last, UTC)
    whole_days = days(rules)
    if whole_days:
        midnight = timestamp.replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight + timedelta(days=whole_days)).timestamp()
    expression = rules.get("ScheduleExpression") or ""
    hours = _hours(expression)
    if hours is not None:
        return (timestamp + timedelta(hours=hours)).timestamp()
    fields = _cron(expression)
    if fields is None:
        return None
    following = ministack.get("services.eventbridge", "_cron_next_fire")(fields, timestamp)
    return following.timestamp() if following else None


def next_opening(secret: Secret) -> float | None:
    """Seconds since 1970 at which the secret's next rotation starts; None when it does not rotate by itself."""
    rules = secret.get("RotationRules")
    if not secret["RotationEnabled"] or not rules or secret.get("DeletedDate") or is_replica(secret):
        return None
    _, current = labelled(secret, CURRENT)
    last = max(secret.get("RotationBase") or 0.0, float(current["CreatedDate"]) if current else 0.0)
    changed, opening = secret.get("RotationRulesSince") or 0.0, opens(rules, last)
    return opening if opening is None or opening > changed else _first_after(rules, changed)


def _first_after(rules: Rules, changed: float) -> float | None:
    """The first window that opens after the rules were changed, of rules by which a rotation was due before."""
    if _cron(rules.get("ScheduleExpression") or "") is not None:
        return opens(rules, changed)
    length = 86400 if days(rules) else 3600
    return (changed // length + 1) * length


def on_or_before(rules: Rules, opening: float) -> float:
    """What AWS reports as NextRotationDate for a window: its end, or its opening when measured in hours."""
    if rules.get("Duration"):
        return opening + _length(rules["Duration"]) * 3600
    if _hours(rules.get("ScheduleExpression") or "") is not None and not days(rules):
        return opening
    timestamp = datetime.fromtimestamp(opening, UTC)
    return timestamp.replace(hour=23, minute=59, second=59, microsecond=0).timestamp()


def _hours(expression: str) -> int | None:
    match = _RATE.fullmatch(expression.strip())
    if not match:
        return None
    return int(match[1]) * (24 if match[2].startswith("day") else 1)


def _length(duration: Any) -> int:
    return int(str(duration).removesuffix("h"))


def _cron(expression: str) -> Any:
    """The fields of an expression; windows open on the hour, in every year."""
    fields = ministack.get("services.eventbridge", "_parse_cron_fields")(expression)
    return fields if fields is not None and fields[0] == {0} and fields[5] is None else None
