"""Pub/Sub: topics and subscriptions.

Read in magic-modules: products/pubsub/{Topic,Subscription}.yaml, update_encoder of both, constants/subscription.
"""

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Json, Labels, Property, Resource, part
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, computed, plain, required
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.naming import Autoname

TOPIC = Resource(
    type="gcp:pubsub/topic:Topic",
    api="pubsub.v1",
    schema="Topic",
    properties={
        "name": part(kind=Named(least=3, most=255)),
        "project": PROJECT,
        "kmsKeyName": Property(),
        "messageRetentionDuration": Property(),
        "messageStoragePolicy": Property(
            hints=Nested(
                fields={
                    "allowedPersistenceRegions": Nested(required=True, unordered=True),
                    "enforceInTransit": Nested(),
                }
            ),
            computed=True,
        ),
        "deletionPolicy": DELETION,
    },
    operations=Rest(
        "projects/{project}/topics",
        create_verb="PUT",
        update_wrap=lambda body, mask: {"topic": body, "updateMask": mask},
    ),
    id="projects/{project}/topics/{name}",
    imports=("{project}/{name}", "{name}"),
    labels=(Labels(),),
    name=Autoname(),
    refused=frozenset({"ingestionDataSourceSettings", "messageTransforms", "schemaSettings", "tags"}),
)


def _topic(context: Context, body: Json) -> Json:
    """A topic may be given by name; it is then one of the subscription's own project."""
    topic = body.get("topic")
    if topic and "/" not in topic:
        body["topic"] = f"projects/{context.require('project')}/topics/{topic}"
    return body


def _push(_: Context, record: Json) -> Json:
    """An attribute that the service adds by itself is not ours."""
    attributes = {
        key: value
        for key, value in ((record.get("pushConfig") or {}).get("attributes") or {}).items()
        if key != "x-goog-version"
    }
    push = {**(record.get("pushConfig") or {}), "attributes": attributes}
    return {**record, "pushConfig": push}


_PUSH = Nested(
    fields={
        "pushEndpoint": Nested(required=True),
        "attributes": Nested(),
        "oidcToken": Nested(fields={**required("serviceAccountEmail"), **plain("audience")}),
        "noWrapper": Nested(fields={"writeMetadata": Nested(required=True, keep=True)}, present=True),
    }
)
SUBSCRIPTION = Resource(
    type="gcp:pubsub/subscription:Subscription",
    api="pubsub.v1",
    schema="Subscription",
    properties={
        "name": part(kind=Named(least=3, most=255)),
        "project": PROJECT,
        "topic": Property(kind=Named(least=1), required=True, replace=True),
        "ackDeadlineSeconds": Property(computed=True),
        "messageRetentionDuration": Property(default="604800s"),
        "retainAckedMessages": Property(),
        "expirationPolicy": Property(hints=Nested(fields={"ttl": Nested(required=True)}, present=True), computed=True),
        "filter": Property(replace=True),
        "deadLetterPolicy": Property(hints=Nested(fields=computed("deadLetterTopic", "maxDeliveryAttempts"))),
        "retryPolicy": Property(hints=Nested(fields=computed("minimumBackoff", "maximumBackoff"), present=True)),
        "enableMessageOrdering": Property(replace=True),
        "enableExactlyOnceDelivery": Property(),
        "pushConfig": Property(hints=_PUSH),
        "deletionPolicy": DELETION,
    },
    operations=Rest(
        "projects/{project}/subscriptions",
        create_verb="PUT",
        update_wrap=lambda body, mask: {"subscription": body, "updateMask": mask},
    ),
    id="projects/{project}/subscriptions/{name}",
    imports=("{project}/{name}", "{name}"),
    labels=(Labels(),),
    name=Autoname(),
    encode=_topic,
    decode=_push,
    refused=frozenset({"bigqueryConfig", "cloudStorageConfig", "messageTransforms", "tags"}),
)

RESOURCES = (TOPIC, SUBSCRIPTION)
