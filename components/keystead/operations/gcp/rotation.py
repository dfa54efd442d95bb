"""Requests the rotation of one secret on GCP, and watches how it goes.

Secret Manager has no call that rotates; it sends a message when a date is reached, and the date must lie at least five
minutes ahead (API reference, Rotation.next_rotation_time). So the request is that very message, published to the topic
of the environment's rotations: at once, without touching the schedule, and with no right on the secret itself.
"""

import base64
import json
from datetime import datetime

from keystead.functions.shared.events import EVENT_FIELD, REQUESTED, ROTATION_FAILED
from keystead.functions.stores.gcp_labels import CURRENT, PENDING, PREVIOUS, GcpLabels
from keystead.functions.stores.store import portable
from keystead.model.errors import CloudError
from keystead.operations.gcp.failures import Refusal, explained
from keystead.operations.gcp.session import Session, open_session
from keystead.operations.rotation_request import Accepted, Outcome, failure_in
from keystead.spec.environment import EnvironmentSpec

MESSAGE = {"eventType": "SECRET_ROTATE", "dataFormat": "JSON_API_V1"}
"""Attributes of Secret Manager's own message (guide, "Set up notifications on a secret"), without the secret's path."""


class GcpRotationRequest:
    """The request to rotate one secret whose rotation GCP leads."""

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        self._spec = spec
        self._name = name
        self._session = open_session(spec)

    def displaces(self) -> bool:
        """Return whether a value is labelled previous; a rotation that has not finished is only continued."""
        labels = labels_now(self._session, self._spec, self._name)
        return PREVIOUS in labels.numbers and PENDING not in labels.numbers

    def submit(self) -> Accepted:
        """Publish the message; the rotator finishes a rotation that an earlier one has left."""
        scope = self._spec.scope("gcp")
        labels = labels_now(self._session, self._spec, self._name)
        path = scope.secret_path(self._name)
        data = base64.b64encode(json.dumps({"name": path}).encode()).decode()
        message = {"data": data, "attributes": {**MESSAGE, **REQUESTED, "secretId": path}}
        topic = f"v1/projects/{scope.project}/topics/{scope.rotation_topic}"
        with explained(self._spec, "pubsub.topics.publish", "administrator"):
            sent = self._session.call("POST", "pubsub", f"{topic}:publish", {"messages": [message]}, repeat=False)
        identifier = f"message-{sent['messageIds'][0]}"
        return Accepted(before=labels.numbers.get(CURRENT), wanted=identifier, resumed=PENDING in labels.numbers)

    def outcome(self, accepted: Accepted, since: datetime) -> Outcome:
        """Return whether another version than before is current, or what the rotator said of a failed try."""
        current = labels_now(self._session, self._spec, self._name).numbers.get(CURRENT)
        return (
            Outcome(current=current) if current != accepted.before else Outcome(failure=self._failure(accepted, since))
        )

    def advice(self, accepted: Accepted) -> str:  # noqa: ARG002  # the protocol's signature
        """Say where the message waits."""
        return (
            "Pub/Sub delivers the request again by itself; what it gives up on is kept in the subscription "
            f"{self._spec.scope('gcp').dead_letters}. Then rotate once more: a rotation that has begun is finished. "
            "What the rotator logged: gcloud logging read --project="
            f"{self._spec.scope('gcp').project} --freshness=1h "
            f"'resource.labels.service_name=\"{self._spec.scope('gcp').rotator_function}\"'"
        )

    def _failure(self, accepted: Accepted, since: datetime) -> str | None:
        """Return what the rotator logged of a failed step; nothing where the log may not be read."""
        scope = self._spec.scope("gcp")
        stored_as = scope.secret_name(self._name)
        conditions = [
            f'jsonPayload.{EVENT_FIELD}="{ROTATION_FAILED}"',
            f'jsonPayload.secret="{stored_as}"',
            f'timestamp>="{since:%Y-%m-%dT%H:%M:%S.%fZ}"',
        ]
        question = {"resourceNames": [f"projects/{scope.project}"], "filter": " AND ".join(conditions)}
        try:
            found = self._session.call("POST", "logging", "v2/entries:list", question)
        except Refusal:
            return None
        lines = (json.dumps(entry.get("jsonPayload")) for entry in found.get("entries", []))
        return failure_in(lines, stored_as, accepted.wanted)


def labels_now(session: Session, spec: EnvironmentSpec, name: str) -> GcpLabels:
    """Return the labels of a secret's versions; CloudError where the secret is not deployed."""
    scope = spec.scope("gcp")
    with explained(spec, "secretmanager.secrets.get", "administrator"):
        secret = session.find("secretmanager", f"v1/{scope.secret_path(name)}")
    if secret is None:
        raise CloudError(
            f"{spec.environment}: the secret {scope.secret_name(name)} is not deployed in project {scope.project}. "
            f"Bring it up first with: pulumi up -s {spec.environment}"
        )
    return GcpLabels.of(secret)


def follows(spec: EnvironmentSpec, name: str, version: str) -> bool:
    """Return whether the current version on GCP is the one of this name on AWS."""
    return labels_now(open_session(spec), spec, name).bearer(CURRENT) == portable(version)
