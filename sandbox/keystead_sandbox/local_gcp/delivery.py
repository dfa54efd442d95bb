"""Pub/Sub on the clock: push deliveries with backoff, dead letters, retention.

Source: Pub/Sub guide, "Push subscriptions", "Handle message failures", "Retry requests". After ten failures the sandbox
waits an hour instead of ten minutes, so that an advance of months past a broken endpoint stays short.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp import functions, messages, moments
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import Json
from keystead_sandbox.local_gcp.messages import Message
from keystead_sandbox.local_gcp.pubsub import SUBSCRIPTION, queue_of
from keystead_sandbox.local_gcp.resources import Resource

PATIENT_AFTER, PATIENT_SECONDS = 10, 3600


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Messages to push, to give up or to forget."""
    for subscription in cloud.store.of_kind(SUBSCRIPTION.key):
        queue = queue_of(subscription)
        pushes = bool(subscription.body["pushConfig"].get("pushEndpoint"))
        kept = moments.duration(subscription.body["messageRetentionDuration"])
        for message in list(queue.values()):
            key = f"{subscription.name}/{message.id}"
            if message.published + kept <= min(message.available, span.until):
                at = message.published + kept
                yield Due(
                    at, "message forgotten", subscription.name, partial(_forget, cloud, subscription, message), key
                )
            elif message.available <= span.until and not message.sending:
                if _exhausted(subscription, message):
                    run = partial(_bury, cloud, subscription, message)
                    yield Due(message.available, "dead letter", subscription.name, run, key)
                elif pushes:
                    run = partial(_push, cloud, subscription, message)
                    yield Due(message.available, "push", subscription.name, run, key)


def _forget(cloud: Cloud, subscription: Resource, message: Message) -> str:
    with cloud.lock:
        queue_of(subscription).pop(message.id, None)
    return "retention is over"


def _exhausted(subscription: Resource, message: Message) -> bool:
    dead = subscription.body.get("deadLetterPolicy")
    return dead is not None and message.attempts >= dead["maxDeliveryAttempts"]


def _bury(cloud: Cloud, subscription: Resource, message: Message) -> str:
    with cloud.lock:
        topic = subscription.body["deadLetterPolicy"]["deadLetterTopic"]
        agent = cloud.agent(cloud.project_of(subscription.name), "pubsub.googleapis.com")
        refused = [
            permission
            for permission, name in (
                ("pubsub.topics.publish", topic),
                ("pubsub.subscriptions.consume", subscription.name),
            )
            if not cloud.may(agent, permission, name)
        ]
        if refused or cloud.store.find(topic) is None:
            message.attempts -= 1
            message.available = cloud.clock.now() + PATIENT_SECONDS
            return f"the Pub/Sub service agent {agent} lacks {', '.join(refused) or 'the dead-letter topic'}"
        if queue_of(subscription).pop(message.id, None) is None:
            return "acknowledged"
        about = {
            "CloudPubSubDeadLetterSourceDeliveryCount": str(message.attempts),
            "CloudPubSubDeadLetterSourceSubscription": subscription.name.rpartition("/")[2],
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
    low, high = moments.duration(retry["minimumBackoff"]), moments.duration(retry["maximumBackoff"])
    return float(min(high, max(low, 0.1) * 2 ** (attempts - 1)))


def _send(cloud: Cloud, subscription: Resource, document: Json) -> int:
    push = subscription.body["pushConfig"]
    endpoint = push["pushEndpoint"]
    headers = {"content-type": "application/json"}
    oidc = push.get("oidcToken")
    if oidc:
        audience = oidc.get("audience") or endpoint
        token = cloud.tokens.identity(oidc["serviceAccountEmail"], audience, cloud.clock.now())
        headers["authorization"] = f"Bearer {token}"
    name = functions.named(cloud, endpoint)
    if name:
        if subscription.hidden.get("event"):
            headers |= _event_headers(subscription, document["message"])
        return functions.invoke(cloud, name, "POST", headers, json.dumps(document).encode())[0]
    request = urllib.request.Request(endpoint, json.dumps(document).encode(), headers)  # noqa: S310 - https, as checked
    context = ssl.create_default_context(cafile=str(cloud.settings.ca))
    seconds = subscription.body["ackDeadlineSeconds"]
    try:
        with urllib.request.urlopen(request, timeout=seconds, context=context) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 503


def _event_headers(subscription: Resource, message: Json) -> dict[str, str]:
    """Eventarc hands a message on as a CloudEvent in binary mode."""
    return {
        "ce-id": message["messageId"],
        "ce-source": f"//pubsub.googleapis.com/{subscription.body['topic']}",
        "ce-specversion": "1.0",
        "ce-time": message["publishTime"],
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    }
