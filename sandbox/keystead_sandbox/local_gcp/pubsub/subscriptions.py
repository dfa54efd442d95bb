"""Pub/Sub subscriptions: create, pull and acknowledge. Source: Pub/Sub API v1 reference and guide."""

import copy
import re
from typing import Any

from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.pubsub.messages import Message, queue_of
from keystead_sandbox.local_gcp.state.kinds import KINDS

TOPIC, SUBSCRIPTION = KINDS["pubsub.topics"], KINDS["pubsub.subscriptions"]
MOST_FILTER = 256
"""Bytes of a filter. Source: Pub/Sub guide, "Filter messages from a subscription"; it cannot be changed later."""
DEFAULTS: Json = {
    "ackDeadlineSeconds": 10,
    "messageRetentionDuration": "604800s",
    "expirationPolicy": {"ttl": "2678400s"},
    "pushConfig": {},
    "state": "ACTIVE",
}


def _topic(call: Call, name: str) -> str:
    """A topic that must be there."""
    canonical = call.cloud.canonical(name)
    if call.cloud.store.find(canonical) is None:
        raise not_found(standard.sentence(call, TOPIC, TOPIC.missing, canonical))
    return canonical


@checks(SUBSCRIPTION.key)
def check(call: Call, body: Json, before: Json) -> None:
    """Refuse what Google refuses; for a new one check the right to attach it to its topic, and fill in defaults."""
    if not before:
        if not body.get("topic"):
            raise invalid("You have not specified a topic in the request (argument=topic).")
        body["topic"] = _topic(call, str(body["topic"]))
        call.cloud.demand(call.caller, "pubsub.topics.attachSubscription", body["topic"])
        _check_filter(str(body.get("filter") or ""))
        body.update(copy.deepcopy({**DEFAULTS, **body}))
    _check_delivery(call, body)
    _check_endpoint(call, body)


def _check_delivery(call: Call, body: Json) -> None:
    seconds = body.get("ackDeadlineSeconds") or 10
    if not 10 <= seconds <= 600:
        raise invalid(f"Invalid ack deadline given (seconds={seconds}): it must be between 10 and 600.")
    dead = body.get("deadLetterPolicy")
    if dead:
        attempts = dead.setdefault("maxDeliveryAttempts", 5)
        if not 5 <= attempts <= 100:
            raise invalid("max_delivery_attempts must be between 5 and 100.")
        dead["deadLetterTopic"] = _topic(call, str(dead.get("deadLetterTopic") or ""))
    retry = body.get("retryPolicy")
    if retry is not None:
        retry.setdefault("minimumBackoff", "10s")
        retry.setdefault("maximumBackoff", "600s")
        low, high = timestamps.duration(retry["minimumBackoff"]), timestamps.duration(retry["maximumBackoff"])
        if not 0 <= low <= high <= 600:
            raise invalid("The backoff of a retry policy must be between 0s and 600s, minimum before maximum.")


def _check_endpoint(call: Call, body: Json) -> None:
    endpoint = reach(body, "pushConfig.pushEndpoint")
    if endpoint and not endpoint.startswith(("https://", f"{call.cloud.settings.plain}/")):
        raise invalid(f"Invalid push endpoint given (endpoint={endpoint}): it must be an https:// address.")


def _check_filter(text: str) -> None:
    filters.compiled(text)
    if len(text.encode()) > MOST_FILTER:
        raise invalid(f"The filter is too long: it has {len(text.encode())} bytes, at most {MOST_FILTER} are allowed.")
    rest = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
    if text and not re.search(r"\battributes[.:]|\bhasPrefix\(attributes\.", rest):
        raise invalid('A filter can only look at attributes: attributes.KEY = "VALUE", attributes:KEY or hasPrefix().')


@handles("pubsub.subscriptions.list")
def listing(call: Call) -> Json:
    """The subscriptions of a project, or the names of those of a topic."""
    if "/topics/" not in call.name:
        return standard.listing(call)
    found = [one for one in call.cloud.store.of_kind(SUBSCRIPTION.key) if one.body.get("topic") == call.name]
    return {"subscriptions": [one.name for one in found]}


@handles("pubsub.subscriptions.modifyPushConfig")
def modify_push(call: Call) -> Json:
    """Turn push on or off."""
    subscription = standard.require(call)
    _check_endpoint(call, call.body)
    subscription.body["pushConfig"] = call.body.get("pushConfig") or {}
    call.cloud.wake()
    return {}


@handles("pubsub.subscriptions.pull")
def pull(call: Call) -> Json:
    """Hand out what is available; answers at once, also with nothing."""
    subscription = standard.require(call)
    most = int(call.body.get("maxMessages") or 0)
    if most < 1:
        raise invalid("The value for max_messages is too small. You passed 0 in the request, but the minimum is 1.")
    now = call.now
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
    queue = queue_of(standard.require(call))
    return [one for one in queue.values() if one.acknowledge in wanted]


@handles("pubsub.subscriptions.acknowledge")
def acknowledge(call: Call) -> Json:
    """Acknowledge messages; those whose deadline has passed may be delivered again."""
    queue = queue_of(standard.require(call))
    for message in _leased(call):
        del queue[message.id]
    return {}


@handles("pubsub.subscriptions.modifyAckDeadline")
def modify_deadline(call: Call) -> Json:
    """Extend the deadline of messages, or return them at once with 0."""
    seconds = int(call.body.get("ackDeadlineSeconds") or 0)
    for message in _leased(call):
        message.available = call.now + seconds
    call.cloud.wake()
    return {}
