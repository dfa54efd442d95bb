"""Cloud Logging: metrics, buckets and sinks.

Read in magic-modules: products/logging/Metric.yaml, logging/resource_logging_{bucket_config,project_sink}.go. Buckets
and sinks that exist are taken and updated, and those that Google makes are not deleted.
"""

from urllib.parse import quote

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import COMPUTED, FIXED, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import MADE, Nested


class Metrics(Rest):
    """Metrics, whose names may hold slashes."""

    def path(self, context: Context) -> str:
        """Return the path with the name in one piece."""
        return f"projects/{context.require('project')}/metrics/{quote(str(context.require('name')), safe='')}"


class Kept(Rest):
    """A collection in which Google makes some resources itself; those are never deleted."""

    def delete(self, context: Context) -> None:
        """Delete it unless Google made it."""
        if context.id.rpartition("/")[2] not in {"_Required", "_Default"}:
            super().delete(context)


_DESCRIPTOR = {
    "unit": Nested(default="1", computed=True),
    "labels": Nested(unordered=True),
    "labels.valueType": Nested(default="STRING"),
}
METRIC = Resource(
    type="gcp:logging/metric:Metric",
    api="logging.v2",
    schema="LogMetric",
    special={"name": FIXED, "metricDescriptor": Property(nested=_DESCRIPTOR, computed=True)},
    operations=Metrics("projects/{project}/metrics", update_verb="PUT", masked=False),
    id="{+name}",
    imports=("{project} {+name}",),
    name=Autoname(most=100),
)

_BUCKETS = "projects/{project}/locations/{location}/buckets"
BUCKET = Resource(
    type="gcp:logging/projectBucketConfig:ProjectBucketConfig",
    api="logging.v2",
    schema="LogBucket",
    special={
        "project": part(kind=Named(least=1)),
        "location": part(),
        "bucketId": part(),
        "description": COMPUTED,
        "retentionDays": Property(default=30),
        "enableAnalytics": Property("analyticsEnabled"),
        "cmekSettings": Property(nested=dict.fromkeys(("name", "kmsKeyVersionName", "serviceAccountId"), MADE)),
        "indexConfigs": Property(unordered=True, computed=True),
    },
    operations=Kept(_BUCKETS, query={"bucketId": "{bucketId}"}, acquires=True),
    id=f"{_BUCKETS}/{{bucketId}}",
    outputs={"name": "name", "lifecycleState": "lifecycleState"},
    predicted={"name": f"{_BUCKETS}/{{bucketId}}"},
)

_WRITER = {"uniqueWriterIdentity": "{uniqueWriterIdentity}", "customWriterIdentity": "{customWriterIdentity}"}
SINK = Resource(
    type="gcp:logging/projectSink:ProjectSink",
    api="logging.v2",
    schema="LogSink",
    special={"name": FIXED, "uniqueWriterIdentity": Property(default=True)},
    operations=Kept("projects/{project}/sinks", query=_WRITER, update_query=_WRITER, acquires=True),
    id="projects/{project}/sinks/{name}",
    outputs={"writerIdentity": "writerIdentity"},
    name=Autoname(most=100),
    refused=frozenset({"bigqueryOptions"}),
)

RESOURCES = (METRIC, BUCKET, SINK)
