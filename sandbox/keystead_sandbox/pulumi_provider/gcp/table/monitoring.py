"""Cloud Monitoring: alert policies and notification channels; the service makes their names.

Read in magic-modules: products/monitoring/{AlertPolicy,NotificationChannel}.yaml.
"""

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Json, Property, Resource
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, made, plain, required
from keystead_sandbox.pulumi_provider.values import Flag


def _alike(context: Context, found: Json) -> bool:
    """Whether something in the project is what an interrupted create may have left."""
    return all(
        (found.get(name) or None) == (context.inputs.get(name) or None)
        for name in ("displayName", "type", "labels", "userLabels")
        if name in context.resource.properties
    )


def _creations(_: Context, record: Json) -> Json:
    creation = record.get("creationRecord")
    return {**record, "_creations": [creation] if creation else []}


_TRIGGER = Nested(fields=plain("percent", "count"))
_AGGREGATIONS = Nested(fields=plain("alignmentPeriod", "crossSeriesReducer", "groupByFields", "perSeriesAligner"))
_CONDITION = Nested(
    required=True,
    fields={
        **made("name"),
        **required("displayName"),
        "conditionAbsent": Nested(
            fields={**required("duration"), **plain("filter"), "trigger": _TRIGGER, "aggregations": _AGGREGATIONS}
        ),
        "conditionThreshold": Nested(
            fields={
                **required("duration", "comparison"),
                **plain("filter", "thresholdValue", "denominatorFilter", "evaluationMissingData"),
                "trigger": _TRIGGER,
                "aggregations": _AGGREGATIONS,
                "denominatorAggregations": _AGGREGATIONS,
                "forecastOptions": Nested(fields=required("forecastHorizon")),
            }
        ),
        "conditionMatchedLog": Nested(fields={**required("filter"), **plain("labelExtractors")}),
        "conditionMonitoringQueryLanguage": Nested(
            fields={**required("query", "duration"), **plain("evaluationMissingData"), "trigger": _TRIGGER}
        ),
        "conditionPrometheusQueryLanguage": Nested(
            fields={
                **required("query"),
                **plain("duration", "evaluationInterval", "labels", "ruleGroup", "alertRule"),
                **plain("disableMetricValidation"),
            }
        ),
    },
)
_STRATEGY = Nested(
    fields={
        **plain("autoClose", "notificationPrompts"),
        "notificationRateLimit": Nested(fields=plain("period")),
        "notificationChannelStrategies": Nested(
            "notificationChannelStrategy", fields=plain("notificationChannelNames", "renotifyInterval")
        ),
    }
)
_DOCUMENTATION = Nested(
    fields={
        **plain("content", "subject"),
        "mimeType": Nested(default="text/markdown"),
        "links": Nested(fields=plain("displayName", "url")),
    }
)
ALERT_POLICY = Resource(
    type="gcp:monitoring/alertPolicy:AlertPolicy",
    api="monitoring.v3",
    schema="AlertPolicy",
    properties={
        "project": PROJECT,
        "displayName": Property(required=True),
        "combiner": Property(required=True),
        "conditions": Property(hints=_CONDITION, required=True),
        "enabled": Property(default=True, kind=Flag(), empty=True),
        "notificationChannels": Property(),
        "alertStrategy": Property(hints=_STRATEGY),
        "documentation": Property(hints=_DOCUMENTATION),
        "severity": Property(),
        "userLabels": Property(),
        "deletionPolicy": DELETION,
    },
    operations=Rest("projects/{project}/alertPolicies", answers=True, alike=_alike),
    id="projects/{project}/alertPolicies/{number}",
    outputs={"name": "name", "creationRecords": "_creations"},
    decode=_creations,
)

NOTIFICATION_CHANNEL = Resource(
    type="gcp:monitoring/notificationChannel:NotificationChannel",
    api="monitoring.v3",
    schema="NotificationChannel",
    properties={
        "project": PROJECT,
        "type": Property(required=True),
        "displayName": Property(),
        "description": Property(),
        "labels": Property(),
        "userLabels": Property(),
        "enabled": Property(default=True, kind=Flag(), empty=True),
        "forceDelete": Property(kind=Flag(), local=True, default=False),
        "deletionPolicy": DELETION,
    },
    operations=Rest(
        "projects/{project}/notificationChannels",
        answers=True,
        alike=_alike,
        delete_query={"force": "{forceDelete}"},
    ),
    id="projects/{project}/notificationChannels/{number}",
    outputs={"name": "name", "verificationStatus": "verificationStatus"},
    refused=frozenset({"sensitiveLabels"}),
)

RESOURCES = (ALERT_POLICY, NOTIFICATION_CHANNEL)
