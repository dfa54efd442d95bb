"""Pub/Sub: topics and subscriptions.

Read in magic-modules: products/pubsub/{Topic,Subscription}.yaml, update_encoder of both, constants/subscription.
"""

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import COMPUTED, FIXED, Json, Labels, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, Nested

TOPIC = Resource(
    type="gcp:pubsub/topic:Topic",
    api="pubsub.v1",
    schema="Topic",
    special={
        "name": part(kind=Named(least=3, most=255)),
        "messageStoragePolicy": Property(nested={"allowedPersistenceRegions": Nested(unordered=True)}, computed=True),
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


SUBSCRIPTION = Resource(
    type="gcp:pubsub/subscription:Subscription",
    api="pubsub.v1",
    schema="Subscription",
    special={
        "name": part(kind=Named(least=3, most=255)),
        "topic": Property(kind=Named(least=1), required=True, replace=True),
        "ackDeadlineSeconds": COMPUTED,
        "messageRetentionDuration": Property(default="604800s"),
        "expirationPolicy": Property(present=True, computed=True),
        "filter": FIXED,
        "deadLetterPolicy": Property(nested=dict.fromkeys(("deadLetterTopic", "maxDeliveryAttempts"), FILLED)),
        "retryPolicy": Property(nested=dict.fromkeys(("minimumBackoff", "maximumBackoff"), FILLED), present=True),
        "enableMessageOrdering": FIXED,
        "pushConfig": Property(
            nested={"noWrapper": Nested(present=True), "noWrapper.writeMetadata": Nested(keep=True)}
        ),
    },
    operations=Rest(
        "projects/{project}/subscriptions",
        create_verb="PUT",
        finish=_topic,
        update_wrap=lambda body, mask: {"subscription": body, "updateMask": mask},
    ),
    id="projects/{project}/subscriptions/{name}",
    imports=("{project}/{name}", "{name}"),
    labels=(Labels(),),
    name=Autoname(),
    decode=_push,
    refused=frozenset({"bigqueryConfig", "cloudStorageConfig", "messageTransforms", "tags"}),
)

RESOURCES = (TOPIC, SUBSCRIPTION)
