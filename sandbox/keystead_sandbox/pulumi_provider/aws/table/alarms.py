"""Amazon CloudWatch: metric alarms."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.values import Pairs
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import Flag, Number, Text
from keystead_sandbox.pulumi_provider.values.structures import Field, Structure

_MISSING = ("breaching", "notBreaching", "ignore", "missing")


def _alarm(reply: Any, context: Context) -> dict[str, Any] | None:
    """Find the alarm by its whole name."""
    return next((item for item in reply.get("MetricAlarms", []) if item["AlarmName"] == context.id), None)


def _problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    statistics = [name for name in ("statistic", "extendedStatistic") if inputs.get(name)]
    if inputs.get("metricName") and inputs.get("metricQueries"):
        return [("metricQueries", "conflicts with metricName")]
    if inputs.get("metricName") and len(statistics) != 1:
        return [("statistic", "exactly one of statistic and extendedStatistic must be set")]
    if inputs.get("threshold") is not None and inputs.get("thresholdMetricId"):
        return [("threshold", "conflicts with thresholdMetricId")]
    return []


class _Statistic(Structure):
    """A metric and how it is read: one flat object at Pulumi, a metric within a statistic at AWS."""

    def encode(self, value: Any) -> Any:
        """Put the metric's own fields into their own object."""
        sent = super().encode(value)
        metric = {key: sent.pop(key) for key in ("Namespace", "MetricName", "Dimensions") if key in sent}
        return {"Metric": metric, **sent}

    def decode(self, value: Any) -> Any:
        """Show the metric's own fields beside the others."""
        return super().decode({**value, **(value.get("Metric") or {})}) if value else None


class _Query(Structure):
    """One line of metric math; the official provider returns data only when asked to."""

    def encode(self, value: Any) -> Any:
        """Say explicitly when no data is wanted: AWS's own default is to return it."""
        return {"ReturnData": False, **super().encode(value)}


_STATISTIC = _Statistic(
    {
        "metricName": Field("MetricName", Text(), required=True),
        "namespace": Field("Namespace", Text()),
        "period": Field("Period", Number(least=1), required=True),
        "stat": Field("Stat", Text(), required=True),
        "unit": Field("Unit", Text()),
        "dimensions": Field("Dimensions", Pairs()),
    }
)
_QUERY = _Query(
    {
        "id": Field("Id", Text(least=1, most=255), required=True),
        "expression": Field("Expression", Text(least=1)),
        "label": Field("Label", Text()),
        "period": Field("Period", Number(least=1)),
        "accountId": Field("AccountId", Text()),
        "returnData": Field("ReturnData", Flag()),
        "metric": Field("MetricStat", _STATISTIC),
    }
)
METRIC_ALARM = Resource(
    type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    special={
        "name": Property("AlarmName", replace=True),
        "comparisonOperator": Property(required=True),
        "evaluationPeriods": Property(required=True),
        "treatMissingData": Property(kind=Text(_MISSING), default="missing"),
        "dimensions": Property(kind=Pairs()),
        "metricQueries": Property("Metrics", kind=Listing(_QUERY, unordered=True)),
        "evaluateLowSampleCountPercentiles": Property("EvaluateLowSampleCountPercentile", computed=True),
        "actionsEnabled": Property(default=True),
        **dict.fromkeys(("alarmActions", "okActions", "insufficientDataActions"), Property(unordered=True)),
    },
    create=Call("PutMetricAlarm", answer=()),
    identity="{name}",
    read=(Call("DescribeAlarms", {"AlarmNames": lambda context: [context.id]}, reform=_alarm),),
    changes=(Call("PutMetricAlarm"),),
    delete=(Call("DeleteAlarms", {"AlarmNames": lambda context: [context.id]}),),
    outputs={"arn": "AlarmArn"},
    parts=("name",),
    lookup="{name}",
    tags=Tagging("ResourceARN", "$arn", listing="ListTagsForResource"),
    name=Autoname(most=255),
    verify=_problems,
    refused=frozenset({"evaluationCriteria", "evaluationInterval", "evaluationWindow", "warmUpConfiguration"}),
)

RESOURCES = (METRIC_ALARM,)
