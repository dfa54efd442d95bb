"""Pub/Sub topics: publish and delete; Google's API wraps a changed topic together with its mask.

Source: Pub/Sub API v1 reference and guide.
"""

from keystead_sandbox.local_gcp.api.encoding import decoded
from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.pubsub import messages


@handles("pubsub.topics.publish")
def publish(call: Call) -> Json:
    """Publish messages."""
    topic = standard.require(call)
    given = call.body.get("messages") or []
    if not given:
        raise invalid("The value for message_count is too small. You passed 0 in the request, but the minimum is 1.")
    for one in given:
        if not one.get("data") and not one.get("attributes"):
            raise invalid(
                "One or more messages in the publish request is empty. Each message must have data or attributes."
            )
    found = [
        messages.publish(
            call.cloud,
            topic.name,
            decoded(str(one.get("data") or "")) or b"",
            one.get("attributes") or {},
            one.get("orderingKey") or "",
        )
        for one in given
    ]
    return {"messageIds": found}


@handles("pubsub.topics.delete")
def delete(call: Call) -> Json:
    """Delete a topic; its subscriptions stay, without one."""
    topic = standard.remove(call)
    for subscription in call.cloud.store.of_kind("pubsub.subscriptions"):
        if subscription.body.get("topic") == topic.name:
            subscription.body["topic"] = "_deleted-topic_"
    return {}


@handles("pubsub.topics.patch", "pubsub.subscriptions.patch")
def patch(call: Call) -> Json:
    """Change a topic or a subscription; the official provider sends the mask in the query, clients in the body."""
    changed = standard.patch_wrapped(call, call.method.collection.removesuffix("s"))
    call.cloud.wake()
    return standard.view(call, changed)
