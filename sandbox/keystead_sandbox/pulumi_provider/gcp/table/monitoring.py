"""Cloud Monitoring: alert policies and notification channels; the service makes their names.

Read in magic-modules: products/monitoring/{AlertPolicy,NotificationChannel}.yaml.
"""

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Property
from keystead_sandbox.pulumi_provider.schema import MADE, UNSERVED, Nested


def _alike(context: Context, found: Json) -> bool:
    """Whether something in the project is what an interrupted create may have left."""
    return all(
        (found.get(name) or None) == (context.inputs.get(name) or None)
        for name in ("displayName", "type", "labels", "userLabels")
        if name in context.schema.properties
    )


def _creations(_: Context, record: Json) -> Json:
    creation = record.get("creationRecord")
    return {**record, "_creations": [creation] if creation else []}


ALERT_POLICY = Resource(
    type="gcp:monitoring/alertPolicy:AlertPolicy",
    api="monitoring.v3",
    schema="AlertPolicy",
    special={
        "conditions": Property(nested={"name": MADE, "conditionSql": UNSERVED}),
        "enabled": Property(default=True, empty=True),
        "alertStrategy": Property(nested={"notificationChannelStrategies": Nested("notificationChannelStrategy")}),
        "documentation": Property(nested={"mimeType": Nested(default="text/markdown")}),
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
    special={"enabled": Property(default=True, empty=True), "forceDelete": Property(default=False)},
    operations=Rest(
        "projects/{project}/notificationChannels", answers=True, alike=_alike, delete_query={"force": "{forceDelete}"}
    ),
    id="projects/{project}/notificationChannels/{number}",
    outputs={"name": "name", "verificationStatus": "verificationStatus"},
    refused=frozenset({"sensitiveLabels"}),
)

RESOURCES = (ALERT_POLICY, NOTIFICATION_CHANNEL)
