"""The archive as it is deployed: its own code, its own account, Pub/Sub and the scheduler in front of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator.settings import CloudSettings, ExternalSettings, RotatorSettings, SecretSettings
from keystead.functions.shared import events
from keystead.packaging.rotator import archive_with
from tests.local_process import until

from tests.components.functions.on_local_gcp.local_gcp import DAY, LOCATION, NUMBER, PROJECT, LocalGcp

SECRET = "prod-gateway-key"
GATEWAY = """
class GatewayKeys:
    def __init__(self, settings):
        self.prefix = settings["prefix"]

    def create(self, current):
        print("made after", current())
        return self.prefix + "-" + str(len(current() or "")) + "-" + __import__("secrets").token_urlsafe(32)

    def apply(self, pending, current):
        print("applying", pending)

    def verify(self, pending):
        if not pending.startswith(self.prefix):
            raise ValueError(pending)

    def retire(self, previous):
        pass
"""
SETTINGS = RotatorSettings(
    environment="prod",
    cloud=CloudSettings(PROJECT, LOCATION, NUMBER, "prod-rotator"),
    secrets={
        SECRET: SecretSettings(
            "external",
            *(90 * DAY, 30 * DAY),
            external=ExternalSettings("gateway", "GatewayKeys", {"prefix": "canary"}),
        )
    },
)


@pytest.fixture(scope="module")
def deployed(cloud: LocalGcp, tmp_path_factory: pytest.TempPathFactory) -> LocalGcp:
    """The function, called by a push subscription with dead letters and by an hourly job."""
    folder = tmp_path_factory.mktemp("stacks")
    (folder / "gateway.py").write_text(GATEWAY)
    archive = Path(archive_with(SETTINGS, "gcp", folder / ".build", folder).path).read_bytes()
    url = cloud.deploy("prod-rotator", archive, cloud.rotator("prod-rotator"))
    push = cloud.account("prod-rotation-push")
    service = f"v2/projects/{PROJECT}/locations/{LOCATION}/services/prod-rotator"
    cloud.grant("run", service, "roles/run.invoker", f"serviceAccount:{push}")
    cloud.call("PUT", "pubsub", f"v1/projects/{PROJECT}/topics/prod-rotation-dead-letters", {})
    subscription = {
        "topic": f"projects/{PROJECT}/topics/prod-rotation",
        "pushConfig": {"pushEndpoint": url, "oidcToken": {"serviceAccountEmail": push}},
        "ackDeadlineSeconds": 120,
        "retryPolicy": {"minimumBackoff": "10s", "maximumBackoff": "600s"},
    }
    cloud.call("PUT", "pubsub", f"v1/projects/{PROJECT}/subscriptions/prod-rotator", subscription)
    job = {
        "name": f"projects/{PROJECT}/locations/{LOCATION}/jobs/prod-rotator-sweep",
        "schedule": "7 * * * *",
        "httpTarget": {
            "uri": url,
            "httpMethod": "POST",
            "body": "eyJhY3Rpb24iOiAic3dlZXAifQ==",
            "oidcToken": {"serviceAccountEmail": push},
        },
    }
    cloud.call("POST", "cloudscheduler", f"v1/projects/{PROJECT}/locations/{LOCATION}/jobs", job)
    return cloud


def aliases(cloud: LocalGcp) -> dict[str, Any]:
    path = f"v1/projects/{NUMBER}/secrets/{SECRET}"
    return dict(cloud.call("GET", "secretmanager", path).get("versionAliases", {}))


def test_the_deployed_function_makes_a_first_value_rotates_it_retires_it_and_prints_none(deployed: LocalGcp) -> None:
    deployed.secret(SECRET)
    until(lambda: aliases(deployed).get("current") == "1")
    deployed.advance(90 * DAY + 60)
    rotated = until(lambda: aliases(deployed) if aliases(deployed).get("current") == "2" else None)
    assert rotated["previous"] == "1"
    deployed.advance(31 * DAY)
    until(lambda: "previous" not in aliases(deployed))
    done = deployed.logged(events.STEP_DONE)
    assert [entry["jsonPayload"]["secret"] for entry in done] == [SECRET, SECRET]
    assert {entry["severity"] for entry in done} == {"INFO"}
    assert deployed.logged(events.ROTATION_FAILED) == []
    assert deployed.logged(events.SWEEP_DONE)
    everything = deployed.everything_logged()
    assert "applying [redacted]" in everything
    assert "canary-" not in everything


def test_a_message_about_a_secret_that_is_not_its_own_is_refused_and_logged_as_an_error(deployed: LocalGcp) -> None:
    attributes = {"eventType": "SECRET_ROTATE", "secretId": f"projects/{NUMBER}/secrets/prod-other"}
    topic = f"v1/projects/{PROJECT}/topics/prod-rotation:publish"
    deployed.call("POST", "pubsub", topic, {"messages": [{"attributes": attributes}]})
    (entry, *_) = until(lambda: deployed.logged(events.ROTATION_FAILED))
    assert entry["severity"] == "ERROR"
    assert entry["jsonPayload"]["secret"] == "prod-other"
    assert "not a secret this function was deployed for" in json.dumps(entry)
