"""Trouble on request, and what the cloud tells of itself."""

import base64
import urllib.error
from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, LocalCloud
from tests.local_gcp.functions.test_functions import LOCATION, deployed
from tests.local_process import until

FUNCTION = """
import os, urllib.request
def read(request):
    print('{"event": "called"}', flush=True)
    token = request.headers["x-token"] if "x-token" in request.headers else os.environ["TOKEN"]
    base = os.environ["KEYSTEAD_GCP_ENDPOINT"]
    asked = urllib.request.Request(f"{base}/v1/projects/acme-dev/secrets", headers={"authorization": "Bearer " + token})
    with urllib.request.urlopen(asked) as answer:
        return str(answer.status)
"""


def faults(cloud: LocalCloud, **fault: Any) -> dict[str, Any]:
    answer: dict[str, Any] = cloud.ask("faults", fault)[0]
    return answer


@pytest.mark.parametrize(
    ("status", "code"),
    [("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503), ("INTERNAL", 500), ("DEADLINE_EXCEEDED", 504)],
)
def test_the_next_calls_fail_and_those_after_do_not(cloud: LocalCloud, status: str, code: int) -> None:
    path = cloud.secret(f"failing-{code}", "value")
    faults(cloud, method="secretmanager.versions.access", status=status, times=2)
    answers = [cloud.call("GET", f"{path}/versions/1:access") for _ in range(3)]
    assert [one.code for one in answers] == [code, code, 200]
    assert answers[0].status == status


def test_a_fault_after_the_call_hides_that_it_was_done(cloud: LocalCloud) -> None:
    path = cloud.secret("done-anyway")
    faults(cloud, method="secretmanager.secrets.addVersion", when="after")
    body = {"payload": {"data": base64.b64encode(b"value").decode()}}
    assert cloud.call("POST", f"{path}:addVersion", body).code == 503
    assert cloud.read(path) == "value"


def test_a_fault_meets_its_resource_after_the_calls_it_skips(cloud: LocalCloud) -> None:
    met, spared = cloud.secret("dev-met", "a"), cloud.secret("dev-spared", "b")
    faults(cloud, method="secretmanager.*", resource=f"projects/{DEV}/secrets/dev-met*", skip=1)
    codes = [cloud.call("GET", path).code for path in (met, spared, spared, met, met)]
    assert codes == [200, 200, 200, 503, 200]


def test_faults_can_be_seen_and_forgotten(cloud: LocalCloud) -> None:
    faults(cloud, clear=True)
    assert [one["method"] for one in faults(cloud, method="pubsub.*")["waiting"]] == ["pubsub.*"]
    assert faults(cloud, clear=True)["waiting"] == []


@pytest.mark.parametrize("fault", [{"metod": "x"}, {"method": "x", "status": "SAD"}, {"method": "x", "times": 0}])
def test_an_invalid_fault_is_refused(cloud: LocalCloud, fault: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        faults(cloud, **fault)
    with refused.value:
        assert refused.value.code == 400


def test_only_callers_with_the_control_token_inject_faults(cloud: LocalCloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.ask("faults", {"method": "*"}, token="wrong")
    with refused.value:
        assert refused.value.code == 403


def test_a_function_killed_at_its_call_is_tried_again_by_its_subscription(own_cloud: LocalCloud) -> None:
    account, topic = own_cloud.account("killed-runner"), own_cloud.topic("killed")
    variables = {"environmentVariables": {"TOKEN": own_cloud.deployer()}, "serviceAccountEmail": account}
    deployed(own_cloud, "killed", FUNCTION, account, serviceConfig=variables)
    own_cloud.grant(f"{LOCATION}/services/killed", "roles/run.invoker", f"serviceAccount:{account}")
    url = own_cloud.ok("GET", f"{LOCATION}/functions/killed")["url"]
    push = {"pushEndpoint": url, "oidcToken": {"serviceAccountEmail": account}}
    faults(own_cloud, method="secretmanager.secrets.list", kill=True)
    body = {"topic": topic, "pushConfig": push, "retryPolicy": {"minimumBackoff": "1s", "maximumBackoff": "1s"}}
    own_cloud.ok("PUT", f"/v1/projects/{DEV}/subscriptions/killed", body)
    own_cloud.ok("POST", f"/v1/{topic}:publish", {"messages": [{"data": "eA=="}]})
    asked = {"resourceNames": [f"projects/{DEV}"], "filter": 'jsonPayload.event="called"'}
    until(lambda: len(own_cloud.ok("POST", "/v2/entries:list", asked).get("entries", [])) == 2, 40)
    until(lambda: own_cloud.pulled("killed") == [])


def test_a_first_value_is_due_until_its_alias_is_set(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("dev-rotation")
    own_cloud.grant(f"/v1/{topic}", "roles/pubsub.publisher", f"serviceAccount:{own_cloud.agent()}")
    rotation = {"nextRotationTime": own_cloud.timestamp(90 * 86_400), "rotationPeriod": "7776000s"}
    path = own_cloud.secret("dev-rotated", "one", topics=[{"name": topic}], rotation=rotation)
    own_cloud.secret("dev-manual")
    assert own_cloud.ask("status")[0]["first_values_due"] == []
    nowhere = f"{own_cloud.plain}/_functions/projects/{DEV}/locations/us-east1/functions/nowhere"
    body = {"topic": topic, "pushConfig": {"pushEndpoint": nowhere}}
    own_cloud.ok("PUT", f"/v1/projects/{DEV}/subscriptions/dev-rotator", body)
    assert own_cloud.ask("status")[0]["first_values_due"] == ["dev-rotated"]
    own_cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"pending": "1"}})
    status = own_cloud.ask("status")[0]
    assert (status["first_values_due"], status["pending_rotations"]) == (["dev-rotated"], ["dev-rotated"])
    own_cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"pending": "1", "current": "1"}})
    status = own_cloud.ask("status")[0]
    assert (status["first_values_due"], status["pending_rotations"]) == ([], [])
    assert status["secrets_without_value"] == [f"projects/{DEV}/secrets/dev-manual"]
