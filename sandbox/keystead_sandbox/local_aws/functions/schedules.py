"""EventBridge Scheduler: schedules call their Lambda target with their role, or fill their dead-letter queue.

Source: EventBridge Scheduler user guide, "Setting up" (execution role), "Schedule types", "Configuring a dead-letter
queue". Scheduler hands the event to Lambda asynchronously, so a failing function is Lambda's to retry. A schedule never
runs more than once per day of the account's time while the clock is advanced, and at least every ten days; its last
occurrence before the new time always runs.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_aws.functions import invocation
from keystead_sandbox.local_aws.identity.service_roles import assumable, role_may
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol import messages
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import account_of, here, region_of, within
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept
from keystead_sandbox.local_aws.protocol.times import iso

LATE_SECONDS = 5
MOST_GAPS = 1000
"""Gaps that are remembered; alarms look back a week at most."""
SERVICE = "scheduler.amazonaws.com"
NOT_ASSUMABLE = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
Key = tuple[str, str, str]
Schedule = dict[str, Any]
Invoke = Callable[[str, Any], None]

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": DAY}


class Schedules:
    """The schedules of the account."""

    def __init__(self, clock: Clock, invoke: Invoke) -> None:
        self._clock = clock
        self._invoke = invoke
        self._last: dict[tuple[Key, float], float] = {}
        self._gaps: list[tuple[float, float]] = []

    def due(self, span: Span) -> Iterator[Due]:
        """Schedules whose time has come."""
        for key, schedule in _stored().items():
            if schedule.get("State") != "ENABLED":
                continue
            timestamp = self._next(key, schedule, span)
            if timestamp is not None and timestamp <= span.until:
                yield Due(timestamp, "schedule", key[2], partial(self._fire, key, schedule))

    def covered_until(self, at: float) -> float:
        """Until when what a run measured counts for runs that an advance has left out; the time itself where none were.

        It counts until the next run that takes place: if that one measures nothing, data is missing since then.
        """
        now = self._clock.now()
        present = ((last, now) for schedule, last in self._fired() if self._left_out(schedule, last))
        return max((end for start, end in (*self._gaps, *present) if start <= at < end), default=at)

    def _left_out(self, schedule: Schedule, last: float) -> bool:
        missed = occurrence(schedule, last)
        return missed is not None and missed < self._clock.now() - LATE_SECONDS

    def _fired(self) -> Iterator[tuple[Schedule, float]]:
        for key, schedule in _stored().items():
            last = self._last.get((key, schedule["CreationDate"]))
            if last is not None and schedule.get("State") == "ENABLED":
                yield schedule, last

    def _next(self, key: Key, schedule: Schedule, span: Span) -> float | None:
        since = self._last.get((key, schedule["CreationDate"]))
        after = max(since or 0.0, float(schedule["CreationDate"]))
        timestamp = occurrence(schedule, after)
        if timestamp is None or since is None or span.start == span.until:
            return timestamp
        spaced = occurrence(schedule, max(after, since + span.spacing - 1))
        if spaced is not None and spaced <= span.until:
            return spaced
        return _last_occurrence(schedule, after, span.until)

    def _fire(self, key: Key, schedule: Schedule) -> str:
        account, region, _ = key
        fired = (key, schedule["CreationDate"])
        last = self._last.get(fired)
        if last is not None and self._left_out(schedule, last):
            self._gaps = [*self._gaps[-MOST_GAPS:], (last, self._clock.now())]
        self._last[fired] = self._clock.now()
        target = schedule["Target"]
        with within(account, region):
            error = self._call(schedule, target)
            if schedule.get("ActionAfterCompletion") == "DELETE" and schedule["ScheduleExpression"].startswith("at("):
                ministack.get("services.scheduler", "_schedules").pop_scoped(*key, None)
            if not error:
                return "invoked"
            queue = (target.get("DeadLetterConfig") or {}).get("Arn")
            if not queue:
                return f"failed: {error}"
            return f"failed: {error}; " + _dead_letter(target, queue, self._payload(schedule, target), error)

    def _call(self, schedule: Schedule, target: dict[str, Any]) -> str:
        arn, role = target["Arn"], target["RoleArn"]
        if not assumable(role, SERVICE, _group_arn(schedule["GroupName"])):
            return f"{SERVICE} may not assume {role}"
        if not role_may(role, "lambda:InvokeFunction", arn):
            return f"{role} may not call {arn}"
        if not invocation.exists(arn):
            return f"no function {arn}"
        self._invoke(arn, self._payload(schedule, target))
        return ""

    def _payload(self, schedule: Schedule, target: dict[str, Any]) -> Any:
        timestamp = iso(self._clock.now())
        if not target.get("Input"):
            return {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": account_of(schedule["Arn"]),
                "time": timestamp,
                "region": region_of(schedule["Arn"]),
                "resources": [schedule["Arn"]],
                "detail": "{}",
            }
        keywords = {
            "scheduled-time": timestamp,
            "schedule-arn": schedule["Arn"],
            "execution-id": str(uuid.uuid4()),
            "attempt-number": "1",
        }
        text = target["Input"]
        for keyword, value in keywords.items():
            text = text.replace(f"<aws.scheduler.{keyword}>", value)
        return json.loads(text)


def install(clock: Clock, invoke: Invoke) -> Schedules:
    """Check roles when schedules are written, and run the schedules here instead of in ministack."""
    intercept("scheduler", _checked)
    return Schedules(clock, invoke)


def occurrence(schedule: Schedule, after: float) -> float | None:
    """Seconds since 1970 of the first occurrence after `after`; None when there is none or it is over."""
    expression = schedule["ScheduleExpression"].strip()
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    start = _epoch(schedule.get("StartDate"))
    after = max(after, start - 1) if start else after
    timestamp = (
        _at(expression, zone, after) if expression.startswith("at(") else _recurring(expression, schedule, zone, after)
    )
    end = _epoch(schedule.get("EndDate"))
    return None if timestamp is None or (end and timestamp > end) else timestamp


def _recurring(expression: str, schedule: Schedule, zone: ZoneInfo, after: float) -> float | None:
    rate = _RATE.fullmatch(expression)
    if rate:
        interval = int(rate[1]) * _SECONDS[rate[2]]
        base = _epoch(schedule.get("StartDate")) or float(schedule["CreationDate"])
        return base + (int((after - base) // interval) + 1) * interval
    fields = ministack.get("services.eventbridge", "_parse_cron_fields")(expression)
    if fields is None:
        return None
    local = datetime.fromtimestamp(after, zone)
    following = ministack.get("services.eventbridge", "_cron_next_fire")(fields, local.replace(tzinfo=UTC))
    return following.replace(tzinfo=zone).timestamp() if following else None


def _at(expression: str, zone: ZoneInfo, after: float) -> float | None:
    timestamp = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone).timestamp()
    return timestamp if timestamp > after else None


def _last_occurrence(schedule: Schedule, after: float, until: float) -> float | None:
    for back in (3600, DAY, 8 * DAY, 32 * DAY, 366 * DAY):
        last, timestamp = None, occurrence(schedule, max(after, until - back))
        while timestamp is not None and timestamp <= until:
            last, timestamp = timestamp, occurrence(schedule, timestamp)
        if last is not None:
            return last
    return None


async def _checked(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
    """A schedule is written only with a role that the scheduler can assume."""
    role = (wire.fields.get("Target") or {}).get("RoleArn")
    group = wire.fields.get("GroupName") or "default"
    written = wire.path.startswith("/schedules/") and wire.method in {"POST", "PUT"}
    if written and role and not assumable(role, SERVICE, _group_arn(group)):
        raise AwsError("ValidationException", NOT_ASSUMABLE)
    return await pass_on(wire)


def _stored() -> dict[Key, Schedule]:
    return ministack.everywhere(ministack.get("services.scheduler", "_schedules"))


def _group_arn(group: str) -> str:
    """On whose behalf the scheduler assumes a role: the schedule's group (user guide, "Confused deputy prevention")."""
    account, region = here()
    return f"arn:aws:scheduler:{region}:{account}:schedule-group/{group}"


def _dead_letter(target: dict[str, Any], queue: str, payload: Any, error: str) -> str:
    if not role_may(target["RoleArn"], "sqs:SendMessage", queue):
        return f"{target['RoleArn']} may not sqs:SendMessage on {queue}"
    attributes = {"ERROR_CODE": "AccessDeniedException", "ERROR_MESSAGE": error, "TARGET_ARN": target["Arn"]}
    return messages.send(queue, json.dumps(payload), attributes) or "event in the dead-letter queue"


def _epoch(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    return datetime.fromisoformat(str(value)).timestamp()
