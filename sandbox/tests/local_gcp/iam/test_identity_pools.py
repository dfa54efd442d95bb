from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, NUMBERS, LocalCloud

POOLS = f"/v1/projects/{DEV}/locations/global/workloadIdentityPools"
ACCOUNT = "111111111111"
DAY = 86_400


def test_a_pool_shows_the_projects_number_and_comes_as_an_operation(cloud: LocalCloud) -> None:
    made = cloud.ok("POST", f"{POOLS}?workloadIdentityPoolId=shown-pool", {"description": "d"})
    name = f"projects/{NUMBERS[DEV]}/locations/global/workloadIdentityPools/shown-pool"
    assert (made["done"], made["response"]["name"], made["response"]["state"]) == (True, name, "ACTIVE")
    assert cloud.ok("GET", f"/v1/{made['name']}")["done"]
    assert cloud.ok("GET", f"/v1/{name}")["description"] == "d"


def test_a_pool_has_no_attestation_rules_to_list(cloud: LocalCloud) -> None:
    """The official provider asks for them whenever it reads a pool."""
    cloud.ok("POST", f"{POOLS}?workloadIdentityPoolId=plain-pool", {})
    assert cloud.ok("GET", f"{POOLS}/plain-pool:listAttestationRules") == {}
    assert cloud.call("GET", f"{POOLS}/no-such-pool:listAttestationRules").status == "NOT_FOUND"


def test_a_deleted_pool_keeps_its_name_for_30_days(own_cloud: LocalCloud) -> None:
    create: tuple[str, str, dict[str, str]] = ("POST", f"{POOLS}?workloadIdentityPoolId=short-lived", {})
    own_cloud.ok(*create)
    own_cloud.ok("DELETE", f"{POOLS}/short-lived")
    assert own_cloud.ok("GET", f"{POOLS}/short-lived")["state"] == "DELETED"
    assert own_cloud.ok("GET", POOLS) == {}
    assert len(own_cloud.ok("GET", f"{POOLS}?showDeleted=true")["workloadIdentityPools"]) == 1
    own_cloud.advance(29 * DAY)
    assert own_cloud.call(*create).status == "ALREADY_EXISTS"
    own_cloud.advance(2 * DAY)
    own_cloud.ok(*create)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"aws": {"accountId": "1"}}, "12 digits"),
        ({}, "Exactly one of aws"),
        ({"aws": {"accountId": ACCOUNT}, "attributeMapping": {"attribute.a": "assertion.arn"}}, "google.subject"),
        ({"aws": {"accountId": ACCOUNT}, "attributeMapping": {"google.subject": "assertion.("}}, "Invalid expression"),
        ({"aws": {"accountId": ACCOUNT}, "attributeMapping": {"google.subject": "request.time"}}, "undeclared"),
        ({"aws": {"accountId": ACCOUNT}, "attributeCondition": "a ==" * 2000}, "longer than 4096"),
    ],
)
def test_a_provider_google_would_not_take_is_refused(cloud: LocalCloud, body: dict[str, Any], words: str) -> None:
    if cloud.call("GET", f"{POOLS}/checked").code != 200:
        cloud.ok("POST", f"{POOLS}?workloadIdentityPoolId=checked", {})
    answer = cloud.call("POST", f"{POOLS}/checked/providers?workloadIdentityPoolProviderId=aws-one", body)
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")
    assert words in answer.message
