"""Pub/Sub on the clock: push deliveries with backoff, dead letters, retention.

Source: Pub/Sub guide, "Push subscriptions", "Handle message failures", "Retry requests". After ten failures the sandbox
waits an hour instead of ten minutes, so that an advance of months past a broken endpoint stays short.
"""

import json
from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.functions import outbound
from keystead_sandbox.local_gcp.pubsub import messages
from keystead_sandbox.local_gcp.pubsub.messages import Message, queue_of
from keystead_sandbox.local_gcp.pubsub.subscriptions import SUBSCRIPTION
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

PATIENT_AFTER, PATIENT_SECONDS = 10, 3600


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Messages to push, to move to the dead-letter topic or to expire."""
    for subscription in cloud.store.of_kind(SUBSCRIPTION.key):
        retention = timestamps.duration(subscription.body["messageRetentionDuration"])
        pushes = bool(subscription.body["pushConfig"].get("pushEndpoint"))
        for message in list(queue_of(subscription).values()):
            if message.published + retention <= min(message.available, span.until):
                at, event, run = message.published + retention, "message expired", _expire
            elif message.available > span.until or message.sending:
                continue
            elif _exhausted(subscription, message):
                at, event, run = message.available, "dead letter", _dead_letter
            elif pushes:
                at, event, run = message.available, "push", _push
            else:
                continue
            key = f"{subscription.name}/{message.id}"
            yield Due(at, event, subscription.name, partial(run, cloud, subscription, message), key)


def _expire(cloud: Cloud, subscription: Resource, message: Message) -> str:
    with cloud.lock:
        queue_of(subscription).pop(message.id, None)
    return "retention is over"


def _exhausted(subscription: Resource, message: Message) -> bool:
    policy = subscription.body.get("deadLetterPolicy")
    return policy is not None and message.attempts >= policy["maxDeliveryAttempts"]


def _dead_letter(cloud: Cloud, subscription: Resource, message: Message) -> str:
    with cloud.lock:
        topic = subscription.body["deadLetterPolicy"]["deadLetterTopic"]
        agent = cloud.agent_of(subscription.name, "pubsub.googleapis.com")
        needed = {"pubsub.topics.publish": topic, "pubsub.subscriptions.consume": subscription.name}
        refused = [permission for permission, name in needed.items() if not cloud.may(agent, permission, name)]
        if refused or cloud.store.find(topic) is None:
            message.attempts -= 1
            message.available = cloud.clock.now() + PATIENT_SECONDS
            return f"the Pub/Sub service agent {agent} lacks {', '.join(refused) or 'the dead-letter topic'}"
        if queue_of(subscription).pop(message.id, None) is None:
            return "acknowledged"
        about = {
            "CloudPubSubDeadLetterSourceDeliveryCount": str(message.attempts),
            "CloudPubSubDeadLetterSourceSubscription": subscription.id,
            "CloudPubSubDeadLetterSourceSubscriptionProject": cloud.project_of(subscription.name),
        }
        messages.publish(cloud, topic, message.data, {**message.attributes, **about}, message.ordering)
        return f"after {message.attempts} attempts to {topic}"


def _push(cloud: Cloud, subscription: Resource, message: Message) -> str:
    with cloud.lock:
        if message.id not in queue_of(subscription):
            return "acknowledged"
        message.attempts += 1
        message.sending = True
        document: Json = {"message": message.document(), "subscription": subscription.name}
        if subscription.body.get("deadLetterPolicy"):
            document["deliveryAttempt"] = message.attempts
    try:
        code = _send(cloud, subscription, document)
    finally:
        message.sending = False
    with cloud.lock:
        if code in {102, 200, 201, 202, 204} or (code >= 400 and subscription.hidden.get("once")):
            queue_of(subscription).pop(message.id, None)
        else:
            message.available = cloud.clock.now() + _backoff(subscription, message.attempts)
    return f"HTTP {code} at attempt {message.attempts}"


def _backoff(subscription: Resource, attempts: int) -> float:
    if attempts > PATIENT_AFTER:
        return PATIENT_SECONDS
    retry = subscription.body.get("retryPolicy") or {"minimumBackoff": "1s", "maximumBackoff": "60s"}
    low, high = timestamps.duration(retry["minimumBackoff"]), timestamps.duration(retry["maximumBackoff"])
    return float(min(high, max(low, 0.1) * 2 ** (attempts - 1)))


def _send(cloud: Cloud, subscription: Resource, document: Json) -> int:
    push, headers = subscription.body["pushConfig"], {"content-type": "application/json"}
    if subscription.hidden.get("event"):
        headers |= _event_headers(subscription, document["message"])
    endpoint, body, token = push["pushEndpoint"], json.dumps(document).encode(), push.get("oidcToken")
    seconds = subscription.body["ackDeadlineSeconds"]
    return outbound.request(cloud, "POST", endpoint, headers, body, oidc=token, seconds=seconds)


def _event_headers(subscription: Resource, message: Json) -> dict[str, str]:
    """Eventarc hands a message on as a CloudEvent in binary mode."""
    return {
        "ce-id": message["messageId"],
        "ce-source": f"//pubsub.googleapis.com/{subscription.body['topic']}",
        "ce-specversion": "1.0",
        "ce-time": message["publishTime"],
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    }
