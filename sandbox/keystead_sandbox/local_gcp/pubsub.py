"""Pub/Sub: topics, subscriptions, publish, pull and acknowledge. Source: Pub/Sub API v1 reference and guide."""

import re
from typing import Any

from keystead_sandbox.local_gcp import filters, messages, moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.messages import Message
from keystead_sandbox.local_gcp.resources import Resource
from keystead_sandbox.local_gcp.schema import decoded

TOPIC, SUBSCRIPTION = KINDS["pubsub.topics"], KINDS["pubsub.subscriptions"]
RETENTION = "604800s"
MOST_FILTER = 256
"""Bytes of a filter. Source: Pub/Sub guide, "Filter messages from a subscription"; it cannot be changed later."""


@handles("pubsub.topics.publish")
def publish(call: Call) -> Json:
    """Publish messages."""
    topic = resources.require(call, TOPIC, call.name)
    given = call.body.get("messages") or []
    if not given:
        raise invalid("The value for message_count is too small. You passed 0 in the request, but the minimum is 1.")
    for one in given:
        if not one.get("data") and not one.get("attributes"):
            raise invalid(
                "One or more messages in the publish request is empty. Each message must have data or attributes."
            )
    found = [_publish(call, topic, one) for one in given]
    return {"messageIds": found}


def _publish(call: Call, topic: Resource, one: Json) -> str:
    data = decoded(str(one.get("data") or "")) or b""
    return messages.publish(call.cloud, topic.name, data, one.get("attributes") or {}, one.get("orderingKey") or "")


@handles("pubsub.topics.patch", "pubsub.subscriptions.patch")
def patch(call: Call) -> Json:
    """Change a topic or a subscription; the request wraps it together with its mask."""
    field = "topic" if call.method.collection == "topics" else "subscription"
    body = call.body.get(field) or {}
    if field == "subscription":
        _check(call, body)
    changed = resources.patch(call, body, str(call.body.get("updateMask") or ""))
    call.cloud.wake()
    return resources.view(call, changed)


@handles("pubsub.topics.delete")
def delete_topic(call: Call) -> Json:
    """Delete a topic; its subscriptions stay, without one."""
    topic = resources.remove(call)
    for subscription in call.cloud.store.of_kind(SUBSCRIPTION.key):
        if subscription.body.get("topic") == topic.name:
            subscription.body["topic"] = "_deleted-topic_"
    return {}


@handles("pubsub.subscriptions.create")
def create(call: Call) -> Json:
    """A new subscription, pull or push."""
    body = call.body
    topic = call.cloud.canonical(str(body.get("topic") or ""))
    if not topic:
        raise invalid("You have not specified a topic in the request (argument=topic).")
    if call.cloud.store.find(topic) is None:
        raise not_found(TOPIC.missing.format(id=topic.rpartition("/")[2]))
    call.cloud.demand(call.caller, "pubsub.topics.attachSubscription", topic)
    _check(call, body)
    _check_filter(str(body.get("filter") or ""))
    body["topic"] = topic
    body.setdefault("ackDeadlineSeconds", 10)
    body.setdefault("messageRetentionDuration", RETENTION)
    body.setdefault("expirationPolicy", {"ttl": "2678400s"})
    body.setdefault("pushConfig", {})
    body["state"] = "ACTIVE"
    return resources.view(call, resources.create(call, {"queue": {}}))


def _check_filter(text: str) -> None:
    filters.compiled(text)
    if len(text.encode()) > MOST_FILTER:
        raise invalid(f"The filter is too long: it has {len(text.encode())} bytes, at most {MOST_FILTER} are allowed.")
    rest = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
    if text and not re.search(r"\battributes[.:]|\bhasPrefix\(attributes\.", rest):
        raise invalid('A filter can only look at attributes: attributes.KEY = "VALUE", attributes:KEY or hasPrefix().')


def _check(call: Call, body: Json) -> None:
    seconds = body.get("ackDeadlineSeconds") or 10
    if not 10 <= seconds <= 600:
        raise invalid(f"Invalid ack deadline given (seconds={seconds}): it must be between 10 and 600.")
    dead = body.get("deadLetterPolicy")
    if dead:
        attempts = dead.setdefault("maxDeliveryAttempts", 5)
        if not 5 <= attempts <= 100:
            raise invalid("max_delivery_attempts must be between 5 and 100.")
        dead["deadLetterTopic"] = call.cloud.canonical(str(dead.get("deadLetterTopic") or ""))
        if call.cloud.store.find(dead["deadLetterTopic"]) is None:
            raise not_found(TOPIC.missing.format(id=dead["deadLetterTopic"].rpartition("/")[2]))
    retry = body.get("retryPolicy")
    if retry is not None:
        retry.setdefault("minimumBackoff", "10s")
        retry.setdefault("maximumBackoff", "600s")
        low, high = moments.duration(retry["minimumBackoff"]), moments.duration(retry["maximumBackoff"])
        if not 0 <= low <= high <= 600:
            raise invalid("The backoff of a retry policy must be between 0s and 600s, minimum before maximum.")
    endpoint = (body.get("pushConfig") or {}).get("pushEndpoint", "")
    if endpoint and not endpoint.startswith(("https://", f"{call.cloud.settings.plain}/")):
        raise invalid(f"Invalid push endpoint given (endpoint={endpoint}): it must be an https:// address.")


@handles("pubsub.subscriptions.list")
def listing(call: Call) -> Json:
    """The subscriptions of a project, or the names of those of a topic."""
    if "/topics/" not in call.name:
        return resources.listing(call)
    found = [one for one in call.cloud.store.of_kind(SUBSCRIPTION.key) if one.body.get("topic") == call.name]
    return {"subscriptions": [one.name for one in found]}


@handles("pubsub.subscriptions.modifyPushConfig")
def modify_push(call: Call) -> Json:
    """Turn push on or off."""
    subscription = resources.require(call, SUBSCRIPTION, call.name)
    _check(call, {"pushConfig": call.body.get("pushConfig")})
    subscription.body["pushConfig"] = call.body.get("pushConfig") or {}
    call.cloud.wake()
    return {}


def queue_of(subscription: Resource) -> dict[str, Message]:
    """The messages a subscription holds."""
    found: dict[str, Message] = subscription.hidden.setdefault("queue", {})
    return found


@handles("pubsub.subscriptions.pull")
def pull(call: Call) -> Json:
    """Hand out what is available; answers at once, also with nothing."""
    subscription = resources.require(call, SUBSCRIPTION, call.name)
    most = int(call.body.get("maxMessages") or 0)
    if most < 1:
        raise invalid("The value for max_messages is too small. You passed 0 in the request, but the minimum is 1.")
    now = call.cloud.clock.now()
    dead = subscription.body.get("deadLetterPolicy")
    ready = [one for one in queue_of(subscription).values() if one.available <= now and not one.sending]
    found = []
    for message in ready[:most]:
        shown: Json = {"ackId": message.lease(now + subscription.body["ackDeadlineSeconds"])}
        shown["message"] = message.document()
        if dead:
            shown["deliveryAttempt"] = message.attempts
        found.append(shown)
    return {"receivedMessages": found} if found else {}


def _leased(call: Call) -> list[Message]:
    wanted: list[Any] = call.body.get("ackIds") or []
    if not wanted:
        raise invalid("No ack ids specified.")
    queue = queue_of(resources.require(call, SUBSCRIPTION, call.name))
    return [one for one in queue.values() if one.acknowledge in wanted]


@handles("pubsub.subscriptions.acknowledge")
def acknowledge(call: Call) -> Json:
    """Forget messages; those whose deadline has passed may come again."""
    queue = queue_of(resources.require(call, SUBSCRIPTION, call.name))
    for message in _leased(call):
        del queue[message.id]
    return {}


@handles("pubsub.subscriptions.modifyAckDeadline")
def modify_deadline(call: Call) -> Json:
    """Keep messages longer, or give them back at once with 0."""
    seconds = int(call.body.get("ackDeadlineSeconds") or 0)
    for message in _leased(call):
        message.available = call.cloud.clock.now() + seconds
    call.cloud.wake()
    return {}
