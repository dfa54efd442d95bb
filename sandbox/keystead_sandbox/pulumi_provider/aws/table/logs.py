"""Amazon CloudWatch Logs: log groups and metric filters."""

from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.table.conditions import is_set, is_unset
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import Nested
from keystead_sandbox.pulumi_provider.values.scalars import Number, Numeral

_GROUP = {"logGroupName": "$id"}
# PutRetentionPolicy's allowed days; 0 keeps logs for ever.
_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _group(reply: Any, context: Context) -> dict[str, Any] | None:
    """Find the group by its whole name; AWS writes its ARN with and without `:*`, and tags want the one without."""
    found = next((item for item in reply.get("logGroups", []) if item["logGroupName"] == context.id), None)
    if found is None:
        return None
    return {**found, "_arn": str(found["arn"]).removesuffix(":*")}


def _keeps(context: Context) -> bool:
    return bool(context.inputs.get("retentionInDays"))


LOG_GROUP = Resource(
    type="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    special={
        "name": Property("logGroupName", replace=True),
        "logGroupClass": Property(replace=True, computed=True),
        "retentionInDays": Property(
            operation="PutRetentionPolicy", kind=Number(least=0, most=0, extra=_DAYS), default=0
        ),
        "skipDestroy": Property(default=False, carried=True),
        "deletionProtectionEnabled": Property(computed=True),
    },
    create=Call("CreateLogGroup", answer=()),
    identity="{name}",
    read=(Call("DescribeLogGroups", {"logGroupNamePrefix": "$id"}, reform=_group),),
    changes=(
        Call("PutRetentionPolicy", _GROUP, of=("retentionInDays",), when=_keeps, at_create=True),
        Call(
            "DeleteRetentionPolicy",
            _GROUP,
            of=("retentionInDays",),
            when=lambda context: not _keeps(context) and bool(context.state),
        ),
        Call("AssociateKmsKey", _GROUP, of=("kmsKeyId",), when=is_set("kmsKeyId")),
        Call("DisassociateKmsKey", _GROUP, of=("kmsKeyId",), when=is_unset("kmsKeyId")),
        Call("PutLogGroupDeletionProtection", {"logGroupIdentifier": "$id"}, of=("deletionProtectionEnabled",)),
    ),
    delete=(Call("DeleteLogGroup", _GROUP, when=lambda context: not context.state.get("skipDestroy")),),
    outputs={"arn": "_arn"},
    parts=("name",),
    lookup="{name}",
    tags=Tagging(
        "resourceArn", "$arn", listing="ListTagsForResource", create="tags", mapping=True, tags="tags", keys="tagKeys"
    ),
    name=Autoname(most=512),
    refused=frozenset({"namePrefix"}),
)


def _transformation(reply: Any, context: Context) -> dict[str, Any] | None:
    wanted = context.look("name") or context.id
    return next((item for item in reply.get("metricFilters", []) if item["filterName"] == wanted), None)


_RENAMED = {"name": Nested("metricName"), "namespace": Nested("metricNamespace"), "value": Nested("metricValue")}
METRIC_FILTER = Resource(
    type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    special={
        "name": Property("filterName", replace=True),
        "logGroupName": Property(replace=True),
        "pattern": Property("filterPattern"),
        "metricTransformation": Property(
            "metricTransformations",
            nested={**_RENAMED, "defaultValue": Nested(kind=Numeral()), "unit": Nested(default="None")},
        ),
        "applyOnTransformedLogs": Property(computed=True),
    },
    create=Call("PutMetricFilter", answer=()),
    identity="{name}",
    read=(
        Call(
            "DescribeMetricFilters",
            {"logGroupName": "$logGroupName", "filterNamePrefix": lambda context: context.look("name") or context.id},
            reform=_transformation,
        ),
    ),
    changes=(Call("PutMetricFilter"),),
    delete=(Call("DeleteMetricFilter", {"logGroupName": "$logGroupName", "filterName": "$name"}),),
    parts=("logGroupName", "name"),
    lookup="{logGroupName}:{name}",
    name=Autoname(most=512),
)

RESOURCES = (LOG_GROUP, METRIC_FILTER)
