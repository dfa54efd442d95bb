"""Cloud Logging: metrics, buckets and sinks.

Read in magic-modules: products/logging/Metric.yaml, logging/resource_logging_{bucket_config,project_sink}.go. Buckets
and sinks that exist are taken and updated, and those that Google makes are not deleted.
"""

from urllib.parse import quote

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Property, Resource, part
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, made, plain, required
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values import Flag, Text


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


_DESCRIPTOR = Nested(
    fields={
        "unit": Nested(default="1", computed=True),
        **required("valueType", "metricKind"),
        **plain("displayName"),
        "labels": Nested(
            fields={**required("key"), **plain("description"), "valueType": Nested(default="STRING")}, unordered=True
        ),
    }
)
_OPTIONS = Nested(
    fields={
        "linearBuckets": Nested(fields=required("numFiniteBuckets", "width", "offset")),
        "exponentialBuckets": Nested(fields=required("numFiniteBuckets", "growthFactor", "scale")),
        "explicitBuckets": Nested(fields=required("bounds")),
    }
)
METRIC = Resource(
    type="gcp:logging/metric:Metric",
    api="logging.v2",
    schema="LogMetric",
    properties={
        "name": Property(required=True, replace=True),
        "project": PROJECT,
        "filter": Property(required=True),
        "description": Property(),
        "bucketName": Property(),
        "disabled": Property(),
        "metricDescriptor": Property(hints=_DESCRIPTOR, computed=True),
        "labelExtractors": Property(),
        "valueExtractor": Property(),
        "bucketOptions": Property(hints=_OPTIONS),
        "deletionPolicy": DELETION,
    },
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
    properties={
        "project": part(kind=Named(least=1)),
        "location": part(),
        "bucketId": part(),
        "description": Property(computed=True),
        "retentionDays": Property(default=30),
        "locked": Property(),
        "enableAnalytics": Property("analyticsEnabled"),
        "cmekSettings": Property(
            hints=Nested(fields={**required("kmsKeyName"), **made("name", "kmsKeyVersionName", "serviceAccountId")})
        ),
        "indexConfigs": Property(hints=Nested(fields=required("fieldPath", "type"), unordered=True), computed=True),
        "deletionPolicy": DELETION,
    },
    operations=Kept(_BUCKETS, query={"bucketId": "{bucketId}"}, acquires=True),
    id=f"{_BUCKETS}/{{bucketId}}",
    outputs={"name": "name", "lifecycleState": "lifecycleState"},
    foretold={"name": f"{_BUCKETS}/{{bucketId}}"},
)

_WRITER = {"uniqueWriterIdentity": "{uniqueWriterIdentity}", "customWriterIdentity": "{customWriterIdentity}"}
SINK = Resource(
    type="gcp:logging/projectSink:ProjectSink",
    api="logging.v2",
    schema="LogSink",
    properties={
        "name": Property(required=True, replace=True),
        "project": PROJECT,
        "destination": Property(required=True),
        "filter": Property(),
        "description": Property(),
        "disabled": Property(),
        "exclusions": Property(hints=Nested(fields={**required("name", "filter"), **plain("description", "disabled")})),
        "uniqueWriterIdentity": Property(kind=Flag(), local=True, default=True),
        "customWriterIdentity": Property(kind=Text(), local=True),
        "deletionPolicy": DELETION,
    },
    operations=Kept("projects/{project}/sinks", query=_WRITER, update_query=_WRITER, acquires=True),
    id="projects/{project}/sinks/{name}",
    outputs={"writerIdentity": "writerIdentity"},
    name=Autoname(most=100),
    refused=frozenset({"bigqueryOptions"}),
)

RESOURCES = (METRIC, BUCKET, SINK)
