"""Metric filters on log groups: ministack stores them; here what is logged becomes metrics.

Source: CloudWatch Logs user guide, "Creating metrics from log events using filters": each matching event adds
metricValue (a number or a selector), events that do not match add defaultValue where one is set.
"""

from typing import Any

from keystead_sandbox.local_aws.monitoring import filter_patterns
from keystead_sandbox.local_aws.monitoring.filter_patterns import PatternError, value_at
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.operations import check_operations

Event = dict[str, Any]


def install() -> None:
    """Evaluate metric filters on everything that is logged, and refuse patterns AWS cannot read."""
    ministack.wrap("services.cloudwatch_logs", "_fanout_to_subscription_filters", _observed)
    ministack.wrap("services.cloudwatch_logs", "_compile_filter_pattern", _json_patterns)
    check_operations("logs", {"PutMetricFilter": _check_pattern})


def _observed(known: Any) -> Any:
    def deliver(group: str, stream: str, events: list[Event]) -> Any:
        filters = ministack.get("services.cloudwatch_logs", "_metric_filters")
        for (filtered, _name), metric_filter in list(filters.items()):
            if filtered == group:
                _count(metric_filter, events)
        return known(group, stream, events)

    return deliver


def _count(metric_filter: dict[str, Any], events: list[Event]) -> None:
    matches = _matcher(metric_filter["filterPattern"])
    for event in events:
        message = event.get("message", "")
        matched = matches(message)
        content = filter_patterns.decoded(message) if matched else None
        for transformation in metric_filter["metricTransformations"]:
            value = _number(transformation["metricValue"], content) if matched else transformation.get("defaultValue")
            if value is not None:
                _record(transformation, content, float(value))


def _record(transformation: dict[str, Any], content: Any, value: float) -> None:
    selectors = transformation.get("dimensions") or {}
    dimensions = {name: str(value_at(selector, content)) for name, selector in selectors.items()}
    ministack.module("services.cloudwatch").record_metric(
        transformation["metricNamespace"],
        transformation["metricName"],
        value,
        transformation.get("unit", "None"),
        dimensions,
    )


def _number(value: str, content: Any) -> float | None:
    found = value_at(value, content) if value.startswith("$") else value
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def _matcher(pattern: str) -> Any:
    return ministack.get("services.cloudwatch_logs", "_compile_filter_pattern")(pattern)


def _json_patterns(known: Any) -> Any:
    def compiled(pattern: str) -> Any:
        if not pattern.strip().startswith("{"):
            return known(pattern)
        matcher = filter_patterns.compile_pattern(pattern)
        return lambda message: (content := filter_patterns.decoded(message)) is not None and matcher(content)

    return compiled


def _check_pattern(data: dict[str, Any]) -> None:
    try:
        _matcher(data.get("filterPattern") or "")
    except PatternError as error:
        raise AwsError("InvalidParameterException", f"Invalid metric filter pattern: {error}") from error
