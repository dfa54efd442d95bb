from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, NUMBERS, PROD, LocalCloud


def test_deployers_create_what_is_above_projects_in_operations(cloud: LocalCloud) -> None:
    made = cloud.ok("POST", "/v1/accessPolicies", {"parent": "organizations/1", "title": "all"})
    assert made["done"]
    name = made["response"]["name"]
    level = {
        "name": f"{name}/accessLevels/office",
        "title": "office",
        "basic": {"conditions": [{"ipSubnetworks": ["203.0.113.0/24"]}]},
    }
    assert cloud.ok("POST", f"/v1/{name}/accessLevels", level)["response"]["name"] == level["name"]
    assert cloud.ok("GET", f"/v1/{level['name']}")["title"] == "office"
    token = cloud.impersonate(cloud.account("no-policy-admin"))
    assert cloud.call("GET", f"/v1/{level['name']}", token=token).code == 403


@pytest.mark.parametrize(
    "basic",
    [
        {"conditions": []},
        {"conditions": [{}]},
        {"conditions": [{"ipSubnetworks": ["192.0.2.1/24"]}]},
        {"conditions": [{"regions": ["Germany"]}]},
        {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"], "vpcNetworkSources": [{}]}]},
    ],
)
def test_an_access_level_google_would_not_take_is_refused(cloud: LocalCloud, basic: dict[str, Any]) -> None:
    policy = cloud.ok("POST", "/v1/accessPolicies", {"parent": "organizations/1", "title": "checked"})
    name = policy["response"]["name"]
    level = {"name": f"{name}/accessLevels/wrong", "title": "wrong", "basic": basic}
    assert cloud.call("POST", f"/v1/{name}/accessLevels", level).status == "INVALID_ARGUMENT"


def test_a_project_is_found_by_id_and_by_number_with_its_labels(cloud: LocalCloud) -> None:
    cloud.ok("PATCH", f"/v3/projects/{DEV}?updateMask=labels", {"labels": {"keystead-environment": "dev"}})
    for name in (DEV, NUMBERS[DEV]):
        old, new = cloud.ok("GET", f"/v1/projects/{name}"), cloud.ok("GET", f"/v3/projects/{name}")
        assert (old["projectId"], old["projectNumber"], old["lifecycleState"]) == (DEV, NUMBERS[DEV], "ACTIVE")
        assert (new["projectId"], new["name"], new["state"]) == (DEV, f"projects/{NUMBERS[DEV]}", "ACTIVE")
        assert old["labels"] == new["labels"] == {"keystead-environment": "dev"}


@pytest.mark.parametrize("name", [PROD, "acme-nowhere", "999999999999"])
def test_a_project_that_is_not_the_callers_is_refused_whether_it_exists_or_not(cloud: LocalCloud, name: str) -> None:
    answer = cloud.call("GET", f"/v1/projects/{name}")
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")
