"""Pub/Sub messages: published to a topic, kept for each subscription until acknowledged."""

import itertools
import secrets
from dataclasses import dataclass, field

from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.encoding import encoded
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

_numbers = itertools.count(10**15)


@dataclass(slots=True)
class Message:
    """A message as one subscription holds it."""

    id: str
    data: str
    attributes: dict[str, str]
    published: float
    ordering: str = ""
    attempts: int = 0
    available: float = 0.0
    """When it may be delivered (again)."""
    acknowledge: str = ""
    leased: bool = False
    sending: bool = field(default=False, repr=False)

    def document(self) -> Json:
        """The message as Pub/Sub shows it."""
        shown: Json = {"messageId": self.id, "publishTime": timestamps.text(self.published)}
        if self.data:
            shown["data"] = self.data
        if self.attributes:
            shown["attributes"] = dict(self.attributes)
        if self.ordering:
            shown["orderingKey"] = self.ordering
        return shown

    def lease(self, until: float) -> str:
        """Hand it out until a deadline; the identifier acknowledges it."""
        self.attempts += 1
        self.leased = True
        self.available = until
        self.acknowledge = secrets.token_urlsafe(24)
        return self.acknowledge


def queue_of(subscription: Resource) -> dict[str, Message]:
    """The messages a subscription holds."""
    found: dict[str, Message] = subscription.hidden.setdefault("queue", {})
    return found


def admits(cloud: Cloud, account: str, topic: str) -> bool:
    """Whether a topic exists, and an account may publish to it."""
    name = cloud.canonical(topic)
    return cloud.store.find(name) is not None and cloud.may(account, "pubsub.topics.publish", name)


def publish(cloud: Cloud, topic: str, data: bytes | str, attributes: dict[str, str], ordering: str = "") -> str:
    """Publish a message to every subscription of a topic; returns its id."""
    identifier = str(next(_numbers))
    now = cloud.clock.now()
    text = encoded(data) if isinstance(data, bytes) else data
    for subscription in cloud.store.of_kind("pubsub.subscriptions"):
        takes = filters.compiled(str(subscription.body.get("filter") or ""))
        if subscription.body.get("topic") == topic and takes({"attributes": attributes}):
            message = Message(identifier, text, dict(attributes), now, ordering, available=now)
            queue_of(subscription)[identifier] = message
    cloud.wake()
    return identifier
