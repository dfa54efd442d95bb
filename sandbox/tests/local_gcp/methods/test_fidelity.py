"""What each collection answers to each mistake, compared with what Google documents."""

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, PROD, Answer, LocalCloud
from tests.local_gcp.methods.collections import COLLECTIONS

MADE_UP = {"versions", "cryptoKeyVersions", "keys", "alertPolicies", "notificationChannels"}
"""Collections whose ids the service makes."""
KEPT = {"keyRings", "cryptoKeys", "cryptoKeyVersions", "versions"}
"""Collections from which nothing is ever deleted."""


@dataclass
class Caller:
    """Calls each collection of a cloud, rightly or wrongly."""

    cloud: LocalCloud
    parents: dict[str, str]

    def create(self, key: str, identifier: str, parent: str = "", **changed: Any) -> Answer:
        """Create a resource of a collection, with fields changed at their paths (a__b)."""
        collection, where = COLLECTIONS[key], parent or self.parents.get(key, "")
        http, _, path = collection.create.partition(" ")
        body = copy.deepcopy(collection.body)
        if collection.name:
            body[collection.name] = collection.named.format(id=identifier, parent=where)
        for field, value in changed.items():
            place = body
            *above, last = field.split("__")
            for part in above:
                place = place.setdefault(part, {})
            place[last] = value
        return self.cloud.call(http, path.format(id=identifier.replace(" ", "%20"), parent=where), body)

    def path(self, key: str, identifier: str) -> str:
        """Where a resource of a collection is."""
        return COLLECTIONS[key].get.format(id=identifier, parent=self.parents.get(key, ""))


@pytest.fixture(scope="module")
def caller(cloud: LocalCloud) -> Caller:
    cloud.secret("fidelity-secret", "value")
    cloud.key("fidelity-ring", "fidelity-key")
    cloud.topic("fidelity-topic")
    cloud.account("fidelity-account")
    pools = f"/v1/projects/{DEV}/locations/global/workloadIdentityPools"
    cloud.ok("POST", f"{pools}?workloadIdentityPoolId=fidelity-pool", {})
    policy = cloud.ok("POST", "/v1/accessPolicies", {"parent": "organizations/1", "title": "fidelity"})
    parents = {
        "versions": "fidelity-secret",
        "cryptoKeys": "fidelity-ring",
        "cryptoKeyVersions": "fidelity-key",
        "keys": "fidelity-account",
        "providers": "fidelity-pool",
        "accessLevels": policy["response"]["name"].removeprefix("accessPolicies/"),
    }
    return Caller(cloud, parents)


def rows(attribute: str, without: frozenset[str] = frozenset()) -> list[Any]:
    """The collections for which the table holds something, with where it is documented."""
    found = {key: one for key, one in COLLECTIONS.items() if getattr(one, attribute) and key not in without}
    return [pytest.param(key, id=f"{key} - {one.source}") for key, one in found.items()]


def in_words(field: str) -> str:
    """A value that fits a field, and that no service would fill in."""
    if field.endswith("Duration"):
        return "4711s"
    if field.endswith("Time"):
        return "2000-01-01T00:00:00Z"
    return {"state": "DELETED", "lifecycleState": "FAILED"}.get(field, "4711")


@pytest.mark.parametrize("key", rows("source"))
def test_an_unknown_field_is_named_with_its_place(caller: Caller, key: str) -> None:
    wrap = COLLECTIONS[key].wrap
    colour: dict[str, Any] = {f"{wrap}__colour" if wrap else "colour": 1}
    answer = caller.create(key, "unknown1", **colour)
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")
    assert 'Unknown name "colour"' in answer.message
    assert "Cannot find field." in answer.message
    assert answer.body["error"]["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.parametrize("key", rows("source"))
def test_a_field_of_the_wrong_type_is_named_with_its_place(caller: Caller, key: str) -> None:
    wrap = COLLECTIONS[key].wrap
    http, _, path = COLLECTIONS[key].create.partition(" ")
    answer = caller.cloud.call(
        http, path.format(id="wrong1", parent=caller.parents.get(key, "")), {wrap: []} if wrap else []
    )
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")
    assert "Invalid value at '" in answer.message


@pytest.mark.parametrize("key", rows("enum"))
def test_an_unknown_enum_value_is_named_with_its_place(caller: Caller, key: str) -> None:
    answer = caller.create(key, "enum1", **{"__".join(COLLECTIONS[key].enum): "NO_SUCH_WORD"})
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")
    assert "(TYPE_ENUM)" in answer.message


@pytest.mark.parametrize("key", rows("output"))
def test_what_only_the_service_fills_in_is_ignored(caller: Caller, key: str) -> None:
    collection, identifier = COLLECTIONS[key], f"output-{key.lower()}"[:30]
    prefix = f"{collection.wrap}__" if collection.wrap else ""
    answer = caller.create(key, identifier, **{f"{prefix}{collection.output}": in_words(collection.output)})
    assert answer.code == 200, answer.body
    shown = caller.cloud.ok("GET", caller.path(key, identifier))
    assert shown.get(collection.output) != in_words(collection.output)


@pytest.mark.parametrize("key", rows("bad"))
def test_a_name_the_collection_does_not_take_is_refused(caller: Caller, key: str) -> None:
    answer = caller.create(key, COLLECTIONS[key].bad)
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("key", rows("parent"))
def test_a_parent_that_is_not_there_is_not_found(caller: Caller, key: str) -> None:
    identifier = "9" if key in MADE_UP else "orphan1"
    answer = caller.create(key, identifier, COLLECTIONS[key].parent)
    assert (answer.code, answer.status) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", rows("source"))
def test_a_resource_that_is_not_there_is_not_found(caller: Caller, key: str) -> None:
    for http in ("GET",) if key in KEPT else ("GET", "DELETE"):
        answer = caller.cloud.call(http, caller.path(key, "4711"))
        assert (answer.code, answer.status) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", rows("source", frozenset({*MADE_UP, "functions"})))
def test_a_second_create_is_refused(caller: Caller, key: str) -> None:
    identifier = COLLECTIONS[key].made
    assert caller.create(key, identifier).code == 200
    answer = caller.create(key, identifier)
    assert (answer.code, answer.status) == (409, "ALREADY_EXISTS")


@pytest.mark.parametrize("key", rows("etag"))
def test_a_change_with_a_stale_etag_is_refused(caller: Caller, key: str) -> None:
    identifier = f"etagged_{key}" if key == "roles" else f"etagged-{key}"
    assert caller.create(key, identifier).code == 200
    path, mask = caller.path(key, identifier), COLLECTIONS[key].etag
    stale = caller.cloud.ok("GET", path)["etag"]
    value: Any = {"a": "b"} if mask == "labels" else "changed"
    caller.cloud.ok("PATCH", f"{path}?updateMask={mask}", {mask: value, "etag": stale})
    answer = caller.cloud.call("PATCH", f"{path}?updateMask={mask}", {mask: value, "etag": stale})
    expected = (400, "FAILED_PRECONDITION") if key == "secrets" else (409, "ABORTED")
    assert (answer.code, answer.status) == expected


@pytest.mark.parametrize("key", rows("source"))
def test_a_caller_without_permissions_learns_nothing(caller: Caller, key: str) -> None:
    nobody = f"fidelity-account@{DEV}.iam.gserviceaccount.com"
    token = caller.cloud.impersonate(nobody) if key == "accessLevels" else caller.cloud.deployer(PROD)
    answer = caller.cloud.call("GET", caller.path(key, "4711"), token=token)
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")
