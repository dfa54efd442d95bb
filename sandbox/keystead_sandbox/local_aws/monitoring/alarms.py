"""Metric alarms that evaluate: their own dimensions, their periods on the account's clock, missing data as configured.

ministack looks at all dimensions at once, ignores DatapointsToAlarm and TreatMissingData, and evaluates only when
somebody puts metric data. Source: CloudWatch user guide, "Using Amazon CloudWatch alarms" (evaluating an alarm, missing
data) and "Set up SNS": a topic's policy, and the key policy of an encrypted topic, must admit cloudwatch.amazonaws.com.
Where an advance leaves occurrences of a schedule out, data of the run before stands for theirs until the next run.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_aws.identity.service_roles import policy_allows
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import result, within
from keystead_sandbox.local_aws.protocol.messages import topic_attributes
from keystead_sandbox.local_aws.protocol.operations import check_operations

SERVICE = "cloudwatch.amazonaws.com"
Alarm = dict[str, Any]
Key = tuple[str, str, str]

_BREACHES: dict[str, Any] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


class Alarms:
    """The alarms of the account."""

    def __init__(self, clock: Clock, covered_until: Callable[[float], float]) -> None:
        self._clock = clock
        self._covered_until = covered_until

    def changed(self) -> Iterator[Due]:
        """The alarms whose state is another one now; running the event announces it."""
        now = self._clock.now()
        for key, alarm in self._all():
            state = self._state(key, alarm, now)
            if state != alarm["StateValue"]:
                yield Due(now, "alarm", alarm["AlarmName"], partial(self._move, key, alarm, state))

    def due(self, span: Span) -> Iterator[Due]:
        """When an alarm in state ALARM may return to OK, so that an advance can notify again later."""
        for key, alarm in self._all():
            if alarm["StateValue"] != "ALARM" or not any(self._windows(key, alarm, self._clock.now())):
                continue
            boundary = (self._clock.now() // alarm["Period"] + 1) * alarm["Period"]
            if boundary <= span.until and span.start != span.until:
                yield Due(boundary, "evaluation", alarm["AlarmName"], lambda: "evaluated")

    def _all(self) -> Iterator[tuple[Key, Alarm]]:
        for key, alarm in ministack.everywhere(ministack.get("services.cloudwatch", "_alarms")).items():
            if alarm.get("Namespace") and alarm.get("MetricName"):
                yield key, alarm

    def _windows(self, key: Key, alarm: Alarm, now: float) -> list[list[Any]]:
        """The metric's points in the alarm's last periods, oldest first; the present one counts as it is so far."""
        points = _points(key, alarm)
        period, count = alarm["Period"], alarm["EvaluationPeriods"]
        first = (now // period - count + 1) * period
        windows: list[list[Any]] = [[] for _ in range(count)]
        for point in reversed(points):
            if point["Timestamp"] < first:
                break
            windows[min(count - 1, int((point["Timestamp"] - first) // period))].append(point)
        return windows

    def _state(self, key: Key, alarm: Alarm, now: float) -> str:
        missing = alarm.get("TreatMissingData") or "missing"
        first = (now // alarm["Period"] - alarm["EvaluationPeriods"] + 1) * alarm["Period"]
        points = _points(key, alarm)
        if missing == "breaching" and points and self._covered_until(float(points[-1]["Timestamp"])) >= first:
            missing = "ignore"
        verdicts = [_breaches(alarm, points) for points in self._windows(key, alarm, now)]
        if all(verdict is None for verdict in verdicts) and missing in {"missing", "ignore"}:
            return "INSUFFICIENT_DATA" if missing == "missing" else str(alarm["StateValue"])
        breaching = sum(verdict is True or (verdict is None and missing == "breaching") for verdict in verdicts)
        return "ALARM" if breaching >= (alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]) else "OK"

    def _move(self, key: Key, alarm: Alarm, state: str) -> str:
        account, region, name = key
        old = alarm["StateValue"]
        reason = f"{alarm['MetricName']} in the last {alarm['EvaluationPeriods']} period(s)"
        with within(account, region):
            refused = _refused_topics(alarm, state)
            result("cloudwatch", "SetAlarmState", {"AlarmName": name, "StateValue": state, "StateReason": reason})
        return f"{old} -> {state}" + "".join(f"; {SERVICE} may not publish to {topic}" for topic in refused)


def install(clock: Clock, covered_until: Callable[[float], float]) -> Alarms:
    """Evaluate alarms here instead of in ministack; `covered_until` says how long data counts."""
    ministack.replace("services.cloudwatch", "_evaluate_alarm", lambda _alarm: None)
    ministack.wrap("services.cloudwatch", "_dispatch_alarm_actions", _to_admitting_topics)
    check_operations("monitoring", {"PutMetricAlarm": _check_one_metric})
    return Alarms(clock, covered_until)


def _check_one_metric(fields: dict[str, Any]) -> None:
    if any(name == "Metrics" or name.startswith("Metrics.") for name in fields):
        raise AwsError("ValidationError", "The sandbox has alarms on one metric only, not on metric math.")


def _to_admitting_topics(known: Any) -> Any:
    def dispatch(alarm: Alarm, old: str, new: str, reason: str) -> None:
        refused = _refused_topics(alarm, new)
        admitted = [arn for arn in alarm.get(_field(new)) or [] if arn not in refused]
        known({**alarm, _field(new): admitted}, old, new, reason)

    return dispatch


def _points(key: Key, alarm: Alarm) -> list[Any]:
    """What was measured of the metric with exactly the alarm's dimensions, oldest first."""
    account, region, _ = key
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []}
    with within(account, region):
        for (namespace, name, _), points in ministack.get("services.cloudwatch", "_metrics").items():
            metric = (namespace, name) == (alarm["Namespace"], alarm["MetricName"])
            if metric and points and points[0]["Dimensions"] == dimensions:
                return list(points)
    return []


def _breaches(alarm: Alarm, points: list[Any]) -> bool | None:
    if not points:
        return None
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    measured = ministack.get("services.cloudwatch", "_calc_stats")(points)
    value = ministack.get("services.cloudwatch", "_stat_value")(measured, statistic, points)
    breaches = _BREACHES.get(alarm["ComparisonOperator"])
    return None if value is None or breaches is None else bool(breaches(value, alarm["Threshold"]))


def _field(state: str) -> str:
    return {"ALARM": "AlarmActions", "OK": "OKActions"}.get(state, "InsufficientDataActions")


def _refused_topics(alarm: Alarm, state: str) -> list[str]:
    topics = [arn for arn in alarm.get(_field(state)) or [] if arn.split(":")[2] == "sns"]
    return [topic for topic in topics if not _may_publish(topic, alarm["AlarmArn"])]


def _may_publish(topic_arn: str, alarm_arn: str) -> bool:
    policy = ministack.module("services.sns").topic_policy_for_arn(topic_arn)
    if not policy or not policy_allows(policy[0], SERVICE, "sns:Publish", topic_arn, alarm_arn):
        return False
    key_id = topic_attributes(topic_arn).get("KmsMasterKeyId")
    if not key_id:
        return True
    key = records.find(key_id)
    if key is None or key["KeyState"] != "Enabled":
        return False
    actions = ("kms:Decrypt", "kms:GenerateDataKey")
    return all(policy_allows(key["Policy"], SERVICE, action, key["Arn"], alarm_arn) for action in actions)
