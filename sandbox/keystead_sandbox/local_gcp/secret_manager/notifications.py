"""Event messages of Secret Manager. Source: Secret Manager guide, "Set up notifications on a secret"."""

import json

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.pubsub import messages
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

SERVICE = "secretmanager.googleapis.com"


def send(cloud: Cloud, secret: Resource, event: str, about: Resource | None = None, **more: str) -> int:
    """Publish an event to the topics of a secret that admit the service agent; returns how many did."""
    subject = about or secret
    shown = {"name": cloud.shown("secretmanager", subject.name), **subject.body}
    attributes = {
        "eventType": event,
        "dataFormat": "JSON_API_V1",
        "secretId": cloud.shown("secretmanager", secret.name),
        "timestamp": timestamps.text(cloud.clock.now()),
        **more,
    }
    if about is not None:
        attributes["versionId"] = shown["name"]
    return _publish(cloud, secret, json.dumps(shown).encode(), attributes)


def test(cloud: Cloud, secret: Resource) -> None:
    """Publish the message that Google tries new topics with: nothing but its type."""
    _publish(cloud, secret, b"", {"eventType": "TOPIC_CONFIGURED"})


def _publish(cloud: Cloud, secret: Resource, data: bytes, attributes: dict[str, str]) -> int:
    agent, sent = cloud.agent_of(secret.name, SERVICE), 0
    for topic in secret.body.get("topics") or []:
        if messages.admits(cloud, agent, topic["name"]):
            messages.publish(cloud, cloud.canonical(topic["name"]), data, attributes)
            sent += 1
    return sent
