"""Alerts on silence while an advance leaves runs out: those that it left out are no silence, those that failed are."""

import base64
import json
from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, LocalCloud

DAY, HOUR = 86_400, 3600
JOBS = f"/v1/projects/{DEV}/locations/us-east1/jobs"
METRIC = "logging.googleapis.com/user/dev-rotation-sweep"
COUNTED = 'logging_googleapis_com:user_dev_rotation_sweep{monitored_resource="cloud_run_revision"}'
EITHER = f"absent_over_time({COUNTED}[1d]) or sum(increase({COUNTED}[1d])) < 1"
CONDITIONS: dict[str, dict[str, Any]] = {
    "query": {"conditionPrometheusQueryLanguage": {"query": f"absent_over_time({COUNTED}[1d])", "duration": "7200s"}},
    "either": {"conditionPrometheusQueryLanguage": {"query": EITHER, "duration": "7200s"}},
    "absence": {"conditionAbsent": {"filter": f'metric.type="{METRIC}"', "duration": f"{DAY}s"}},
}


@pytest.fixture(params=CONDITIONS)
def swept(request: pytest.FixtureRequest, own_cloud: LocalCloud) -> LocalCloud:
    """A cloud with an hourly job that writes to the log, an alert for when it does not, and something in between."""
    cloud, account = own_cloud, own_cloud.account("sweeper")
    cloud.grant(f"/v1/projects/{DEV}", "roles/logging.logWriter", f"serviceAccount:{account}")
    metric = {"name": "dev-rotation-sweep", "filter": 'jsonPayload.event="sweep_done"'}
    cloud.ok("POST", f"/v2/projects/{DEV}/metrics", metric)
    condition = {"displayName": "silent", **CONDITIONS[request.param]}
    policy = {"displayName": "silent", "combiner": "OR", "conditions": [condition]}
    cloud.ok("POST", f"/v3/projects/{DEV}/alertPolicies", policy)
    resource = {"type": "cloud_run_revision", "labels": {"service_name": "dev-rotator"}}
    entry = {"logName": f"projects/{DEV}/logs/rotator", "jsonPayload": {"event": "sweep_done"}, "resource": resource}
    target = {
        "uri": f"{cloud.endpoint.rstrip('/')}/v2/entries:write",
        "body": base64.b64encode(json.dumps({"entries": [entry]}).encode()).decode(),
        "oauthToken": {"serviceAccountEmail": account},
    }
    cloud.key("ring", "data", rotationPeriod=f"{3 * DAY}s", nextRotationTime=cloud.timestamp(3 * DAY))
    cloud.ok("POST", JOBS, {"name": f"{JOBS[4:]}/sweep", "schedule": "0 * * * *", "httpTarget": target})
    cloud.advance(2 * HOUR)
    assert counted(cloud) == 2
    return cloud


def counted(cloud: LocalCloud) -> int:
    asked = {"resourceNames": [f"projects/{DEV}"], "filter": 'jsonPayload.event="sweep_done"'}
    return len(cloud.ok("POST", "/v2/entries:list", asked).get("entries", []))


def states(cloud: LocalCloud) -> list[str]:
    return [one["state"] for one in cloud.ask("incidents")[0]["incidents"]]


def test_runs_that_the_sandbox_leaves_out_are_not_missed(swept: LocalCloud) -> None:
    before = counted(swept)
    swept.advance(200 * DAY)
    assert 10 < counted(swept) - before < 30
    assert states(swept) == []
    swept.advance(HOUR)
    assert states(swept) == []


def test_runs_that_fail_all_along_are_missed(swept: LocalCloud) -> None:
    policy = swept.ok("POST", f"/v1/projects/{DEV}:getIamPolicy", {})
    kept = [binding for binding in policy["bindings"] if binding["role"] != "roles/logging.logWriter"]
    swept.ok("POST", f"/v1/projects/{DEV}:setIamPolicy", {"policy": {**policy, "bindings": kept}})
    swept.advance(60 * DAY)
    assert states(swept) == ["OPEN"]


def test_runs_of_a_paused_job_are_missed(swept: LocalCloud) -> None:
    swept.ok("POST", f"{JOBS}/sweep:pause", {})
    swept.advance(60 * DAY)
    assert states(swept) == ["OPEN"]
    swept.ok("POST", f"{JOBS}/sweep:resume", {})
    swept.advance(60 * DAY)
    assert states(swept) == ["CLOSED"]


def test_a_change_of_the_job_does_not_make_its_runs_missed(swept: LocalCloud) -> None:
    swept.ok("PATCH", f"{JOBS}/sweep?updateMask=description", {"description": "hourly"})
    swept.advance(200 * DAY)
    assert states(swept) == []
