"""Metric alarms that evaluate: their own dimensions, their periods on the account's clock, missing data as told.

ministack looks at all dimensions at once, ignores DatapointsToAlarm and TreatMissingData, and evaluates only when
somebody puts metric data. Source: CloudWatch user guide, "Using Amazon CloudWatch alarms" (evaluating an alarm, missing
data) and "Set up SNS": a topic's policy, and the key policy of an encrypted topic, must admit cloudwatch.amazonaws.com.
Where an advance leaves occurrences of a schedule out, missing data proves nothing and does not count as breaching.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_aws.identity.service_roles import policy_allows
from keystead_sandbox.local_aws.patches import ministack

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

    def __init__(self, clock: Clock, skipped: Callable[[float], bool]) -> None:
        self._clock = clock
        self._skipped = skipped

    def changed(self) -> Iterator[Due]:
        """The alarms whose state is another one now; running the event announces it."""
        now = self._clock.now()
        for key, alarm in self._all():
            state = self._state(key, alarm, now)
            if state != alarm["StateValue"]:
                yield Due(now, "alarm", alarm["AlarmName"], partial(self._move, key, alarm, state))

    def due(self, span: Span) -> Iterator[Due]:
        """Moments at which an alarm that rings may stop, so that an advance sees it ring again later."""
        for key, alarm in self._all():
            if alarm["StateValue"] != "ALARM" or not any(self._windows(key, alarm, self._clock.now())):
                continue
            boundary = (self._clock.now() // alarm["Period"] + 1) * alarm["Period"]
            if boundary <= span.until and span.start != span.until:
                yield Due(boundary, "evaluation", alarm["AlarmName"], lambda: "evaluated")

    def _all(self) -> Iterator[tuple[Key, Alarm]]:
        for key, alarm in list(ministack.original(ministack.module("services.cloudwatch"), "_alarms")._data.items()):
            if alarm.get("Namespace") and alarm.get("MetricName"):
                yield key, alarm

    def _windows(self, key: Key, alarm: Alarm, now: float) -> list[list[Any]]:
        """The metric's points in the alarm's last periods, oldest first; the present one counts as it is so far."""
        cloudwatch = ministack.module("services.cloudwatch")
        account, region, _ = key
        dimensions = cloudwatch._dims_key({one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []})
        with ministack.module("core.responses").request_scope(account, region):
            points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
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
        if missing == "breaching" and self._skipped(first):
            missing = "ignore"
        verdicts = [_breaches(alarm, points) for points in self._windows(key, alarm, now)]
        if all(verdict is None for verdict in verdicts) and missing in {"missing", "ignore"}:
            return "INSUFFICIENT_DATA" if missing == "missing" else str(alarm["StateValue"])
        breaching = sum(verdict is True or (verdict is None and missing == "breaching") for verdict in verdicts)
        return "ALARM" if breaching >= (alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]) else "OK"

    def _move(self, key: Key, alarm: Alarm, state: str) -> str:
        account, region, name = key
        cloudwatch = ministack.module("services.cloudwatch")
        old, alarm["StateValue"] = alarm["StateValue"], state
        alarm["StateReason"] = f"{alarm['MetricName']} in the last {alarm['EvaluationPeriods']} period(s)"
        alarm["StateUpdatedTimestamp"] = int(self._clock.now())
        with ministack.module("core.responses").request_scope(account, region):
            cloudwatch._record_history(name, old, state, alarm["StateReason"])
            refused = _refused_topics(alarm, state)
            fields = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
            admitted = [arn for arn in alarm.get(fields[state]) or [] if arn not in refused]
            cloudwatch._dispatch_alarm_actions({**alarm, fields[state]: admitted}, old, state, alarm["StateReason"])
        return f"{old} -> {state}" + "".join(f"; {SERVICE} may not publish to {topic}" for topic in refused)


def install(clock: Clock, skipped: Callable[[float], bool]) -> Alarms:
    """Evaluate alarms here instead of in ministack; `skipped` says whether a schedule was left out since a moment."""
    service = ministack.module("services.cloudwatch")
    ministack.replace(service, "_evaluate_alarm", lambda _alarm: None)
    ministack.wrap(service, "_put_metric_alarm", _without_queries)
    return Alarms(clock, skipped)


def _without_queries(known: Any) -> Any:
    def put(parameters: Any, decoded: Any, is_cbor: bool, is_json: bool = False) -> Any:
        if (decoded or {}).get("Metrics") or any(name.startswith("Metrics.") for name in parameters or {}):
            message = "The sandbox has alarms on one metric only, not on metric math."
            service = ministack.module("services.cloudwatch")
            return service._error("ValidationError", message, 400, use_json=is_json, use_cbor=is_cbor)
        return known(parameters, decoded, is_cbor, is_json)

    return put


def _breaches(alarm: Alarm, points: list[Any]) -> bool | None:
    if not points:
        return None
    cloudwatch = ministack.module("services.cloudwatch")
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    breaches = _BREACHES.get(alarm["ComparisonOperator"])
    return None if value is None or breaches is None else bool(breaches(value, alarm["Threshold"]))


def _refused_topics(alarm: Alarm, state: str) -> list[str]:
    field = {"ALARM": "AlarmActions", "OK": "OKActions"}.get(state, "InsufficientDataActions")
    topics = [arn for arn in alarm.get(field) or [] if arn.split(":")[2] == "sns"]
    return [topic for topic in topics if not _may_publish(topic, alarm["AlarmArn"])]


def _may_publish(topic_arn: str, alarm_arn: str) -> bool:
    sns = ministack.module("services.sns")
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return False
    policy = sns.topic_policy_for_arn(topic_arn)
    if not policy or not policy_allows(policy[0], SERVICE, "sns:Publish", topic_arn, alarm_arn):
        return False
    key_id = topic.get("attributes", {}).get("KmsMasterKeyId")
    if not key_id:
        return True
    key = ministack.module("services.kms")._resolve_key(key_id)
    if key is None or key["KeyState"] != "Enabled":
        return False
    actions = ("kms:Decrypt", "kms:GenerateDataKey")
    return all(policy_allows(key["Policy"], SERVICE, action, key["Arn"], alarm_arn) for action in actions)
