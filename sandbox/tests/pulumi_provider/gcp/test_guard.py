"""Which project, labels and deletion policy a request gets; what functions answer."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.pulumi_provider.engine_side import EngineSide, RefusedError
from tests.pulumi_provider.gcp.cases import Ground
from tests.pulumi_provider.gcp.conftest import Local
from tests.pulumi_provider.local_sandbox import NUMBER, PROJECT

TOPIC = "gcp:pubsub/topic:Topic"
SECRET = "gcp:secretmanager/secret:Secret"
KEY = "gcp:kms/cryptoKey:CryptoKey"
RING = "gcp:kms/keyRing:KeyRing"
OPENED = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
GET_PROJECT = "gcp:organizations/getProject:getProject"
ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
AUTO: dict[str, Any] = {"replication": {"auto": {}}}


def test_the_project_is_described_to_a_provider_without_one(connect: Callable[..., EngineSide]) -> None:
    bare = connect(settings={})
    found = bare.invoke(GET_PROJECT, {"projectId": PROJECT})
    assert (found["number"], found["projectId"], found["id"]) == (NUMBER, PROJECT, f"projects/{PROJECT}")
    assert found["labels"] == {}
    with pytest.raises(RefusedError, match="projectId is not set"):
        bare.invoke(GET_PROJECT, {})
    with pytest.raises(RefusedError, match=r"project 'acme-other': (PERMISSION_DENIED|NOT_FOUND)"):
        bare.invoke(GET_PROJECT, {"projectId": "acme-other"})


def test_the_key_rings_of_a_location_and_their_keys_are_listed(engine: EngineSide) -> None:
    ring = engine.create(RING, "listed", {"name": "listed", "location": "europe-west3"})
    key = engine.create(KEY, "listed", {"name": "till", "keyRing": ring.id})
    found = engine.invoke("gcp:kms/getKeyRings:getKeyRings", {"location": "europe-west3"})
    assert {"id": ring.id, "name": ring.id} in found["keyRings"]
    (listed,) = engine.invoke("gcp:kms/getCryptoKeys:getCryptoKeys", {"keyRing": ring.id})["keys"]
    assert (listed["id"], listed["name"], listed["primaries"][0]["state"]) == (key.id, "till", "ENABLED")
    engine.delete(key)
    (listed,) = engine.invoke("gcp:kms/getCryptoKeys:getCryptoKeys", {"keyRing": ring.id})["keys"]
    assert listed["primaries"][0]["state"] == "DESTROY_SCHEDULED"


def test_other_functions_and_arguments_are_refused_by_name(engine: EngineSide) -> None:
    with pytest.raises(RefusedError, match="cannot answer gcp:organizations/getFolder:getFolder"):
        engine.invoke("gcp:organizations/getFolder:getFolder", {})
    with pytest.raises(RefusedError, match="unknown argument 'project'; did you mean 'projectId'"):
        engine.invoke(GET_PROJECT, {"project": PROJECT})


def test_a_resource_without_a_project_is_refused(connect: Callable[..., EngineSide]) -> None:
    with pytest.raises(RefusedError, match="project: required field is not set"):
        connect(settings={}).create(TOPIC, "nowhere", {"name": "nowhere"})


def test_a_stack_without_a_project_is_refused_with_those_that_have_one(connect: Callable[..., EngineSide]) -> None:
    with pytest.raises(RefusedError, match=r"stack 'prod' has no GCP project in the sandbox \(up: trial\)"):
        connect(stack="prod")


def test_a_resource_without_a_configured_provider_is_refused(connect: Callable[..., EngineSide]) -> None:
    engine = connect(stack="unconfigured", configured=False)
    with pytest.raises(RefusedError, match="the provider of this resource is not configured"):
        engine.create(TOPIC, "early", {})


def test_two_providers_of_one_stack_keep_their_own_labels(connect: Callable[..., EngineSide]) -> None:
    one = connect(settings={"project": PROJECT, "defaultLabels": {"side": "one"}})
    other = connect(settings={"project": PROJECT, "defaultLabels": '{"side": "other"}'})
    made_one, made_other = (
        one.create(TOPIC, "one", {"name": "side-one"}),
        other.create(TOPIC, "two", {"name": "side-two"}),
    )
    assert made_one.state["effectiveLabels"] == {"side": "one", **ATTRIBUTION}
    assert made_other.state["effectiveLabels"] == {"side": "other", **ATTRIBUTION}
    one.delete(made_one)
    other.delete(made_other)


def test_the_attribution_label_is_left_out_where_it_is_not_wanted(connect: Callable[..., EngineSide]) -> None:
    engine = connect(settings={"project": PROJECT, "addPulumiAttributionLabel": "false"})
    made = engine.create(TOPIC, "plain", {"name": "unattributed"})
    assert "effectiveLabels" not in made.state or made.state["effectiveLabels"] == {}
    engine.delete(made)


def test_changed_default_labels_change_what_carries_them_in_place(connect: Callable[..., EngineSide]) -> None:
    before = connect(settings={"project": PROJECT, "defaultLabels": {"tier": "low", "old": "1"}})
    made = before.create(TOPIC, "relabelled", {"name": "relabelled", "labels": {"own": "x"}})
    after = connect(settings={"project": PROJECT, "defaultLabels": {"tier": "high"}})
    difference = after.diff(made, {"name": "relabelled", "labels": {"own": "x"}})
    assert set(difference.diffs) == {"pulumiLabels", "effectiveLabels"}
    assert list(difference.replaces) == []
    updated = after.update(made, {"name": "relabelled", "labels": {"own": "x"}})
    assert updated.state["pulumiLabels"] == {"tier": "high", "own": "x", **ATTRIBUTION}
    assert updated.state["labels"] == {"own": "x"}
    after.delete(updated)


def test_labels_of_others_stay_and_managed_ones_are_put_right(engine: EngineSide, local: Local) -> None:
    declared = {"secretId": "labelled", **AUTO, "labels": {"owner": "payments"}, "annotations": {"purpose": "cards"}}
    made = engine.create(SECRET, "labelled", declared)
    theirs = {"owner": "somebody", "theirs": "kept", "managed-by": "test"}
    local.call("PATCH", f"/v1/{made.id}?updateMask=labels", {"labels": theirs})
    local.call("PATCH", f"/v1/{made.id}?updateMask=annotations", {"annotations": {"purpose": "cards", "note": "kept"}})
    drifted = engine.read(made)
    assert drifted.state["labels"] == {"owner": "somebody"}
    assert drifted.state["effectiveLabels"] == theirs
    assert drifted.state["effectiveAnnotations"] == {"purpose": "cards", "note": "kept"}
    assert "labels" in engine.diff(drifted, declared).diffs
    updated = engine.update(drifted, {**declared, "annotations": {"purpose": "refunds"}})
    assert updated.state["effectiveLabels"]["theirs"] == "kept"
    assert updated.state["effectiveLabels"]["owner"] == "payments"
    assert updated.state["effectiveAnnotations"] == {"purpose": "refunds", "note": "kept"}
    emptied = engine.update(updated, {"secretId": "labelled", **AUTO})
    assert emptied.state["effectiveAnnotations"] == {"note": "kept"}
    assert "owner" not in emptied.state["effectiveLabels"]
    engine.delete(emptied)


@pytest.mark.parametrize("policy", ["PREVENT", "ABANDON"])
def test_the_deletion_policy_keeps_a_resource(connect: Callable[..., EngineSide], local: Local, policy: str) -> None:
    engine = connect()
    name = f"kept-{policy.lower()}"
    made = engine.create(TOPIC, name, {"name": name, "deletionPolicy": policy})
    if policy == "PREVENT":
        with pytest.raises(RefusedError, match=r'cannot destroy .* without setting deletionPolicy="DELETE"'):
            engine.delete(made)
    else:
        engine.delete(made)
    assert local.call("GET", f"/v1/{made.id}")["name"] == made.id
    freed = engine.update(made, {"name": name, "deletionPolicy": "DELETE"})
    engine.delete(freed)
    assert engine.read(freed).id == ""


def test_the_providers_own_deletion_policy_stands_in(connect: Callable[..., EngineSide]) -> None:
    engine = connect(settings={"project": PROJECT, "deletionPolicy": "PREVENT"})
    made = engine.create(TOPIC, "prevented", {"name": "prevented"})
    assert made.state["deletionPolicy"] == "PREVENT"
    with pytest.raises(RefusedError, match="cannot destroy"):
        engine.delete(made)
    other = connect(settings={"project": PROJECT})
    assert list(other.diff(made, {"name": "prevented"}).diffs) == ["deletionPolicy"]
    other.delete(other.update(made, {"name": "prevented"}))


def test_a_protected_secret_is_not_deleted(engine: EngineSide) -> None:
    made = engine.create(SECRET, "protected", {"secretId": "protected", **AUTO, "deletionProtection": True})
    with pytest.raises(RefusedError, match=r"cannot destroy .* without setting deletionProtection=false"):
        engine.delete(made)
    engine.delete(engine.update(made, {"secretId": "protected", **AUTO, "deletionProtection": False}))


def test_a_deleted_key_loses_its_versions_and_its_rotation(engine: EngineSide, local: Local) -> None:
    ring = engine.create(RING, "emptied", {"location": "us-east1", "name": "emptied"})
    made = engine.create(KEY, "emptied", {"keyRing": ring.id, "name": "emptied", "rotationPeriod": "86400s"})
    assert local.call("GET", f"/v1/{made.id}")["nextRotationTime"]
    engine.delete(made)
    engine.delete(ring)
    left = local.call("GET", f"/v1/{made.id}")
    assert "rotationPeriod" not in left
    assert "nextRotationTime" not in left
    versions = local.call("GET", f"/v1/{made.id}/cryptoKeyVersions")["cryptoKeyVersions"]
    assert [version["state"] for version in versions] == ["DESTROY_SCHEDULED"]
    with pytest.raises(RefusedError, match=r"'emptied-again': POST .*: ALREADY_EXISTS: KeyRing .* already exists"):
        engine.create(RING, "emptied-again", {"location": "us-east1", "name": "emptied"})


def test_a_prevented_key_keeps_its_versions(engine: EngineSide, local: Local) -> None:
    ring = engine.create(RING, "guarded", {"location": "us-east1", "name": "guarded"})
    declared = {"keyRing": ring.id, "name": "guarded", "deletionPolicy": "PREVENT"}
    made = engine.create(KEY, "guarded", declared)
    with pytest.raises(RefusedError, match=r'cannot destroy .* without setting deletionPolicy="DELETE"'):
        engine.delete(made)
    versions = local.call("GET", f"/v1/{made.id}/cryptoKeyVersions")["cryptoKeyVersions"]
    assert [version["state"] for version in versions] == ["ENABLED"]


def test_an_update_of_the_rotation_moves_the_next_one_and_others_do_not(engine: EngineSide, local: Local) -> None:
    ring = engine.create(RING, "paced", {"location": "us-east1", "name": "paced"})
    declared = {"keyRing": ring.id, "name": "paced", "rotationPeriod": "7776000s"}
    made = engine.create(KEY, "paced", declared)
    first = local.call("GET", f"/v1/{made.id}")["nextRotationTime"]
    relabelled = engine.update(made, {**declared, "labels": {"a": "b"}})
    assert local.call("GET", f"/v1/{made.id}")["nextRotationTime"] == first
    engine.update(relabelled, {**declared, "labels": {"a": "b"}, "rotationPeriod": "86400s"})
    assert local.call("GET", f"/v1/{made.id}")["nextRotationTime"] < first


def test_one_engines_interrupt_does_not_stop_another(engine: EngineSide, connect: Callable[..., EngineSide]) -> None:
    from google.protobuf import empty_pb2  # noqa: PLC0415 - only this test speaks it

    connect().ask("Cancel", empty_pb2.Empty())
    made = engine.create(TOPIC, "after-cancel", {"name": "after-cancel"})
    engine.delete(made)
    assert made.state["name"] == "after-cancel"


def test_the_key_of_a_replica_changes_in_place_and_its_place_does_not(engine: EngineSide, ground: Ground) -> None:
    def declared(key: str, *places: str) -> dict[str, Any]:
        replicas = [{"location": place, "customerManagedEncryption": {"kmsKeyName": key}} for place in places]
        return {"secretId": "rekeyed", "replication": {"userManaged": {"replicas": replicas}}}

    agent = ground.agent.state["member"]
    role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    keys = [ground.key.id, ground.other_key.id]
    grants = [
        engine.create(OPENED, f"opened-{number}", {"cryptoKeyId": key, "role": role, "member": agent})
        for number, key in enumerate(keys)
    ]
    made = engine.create(SECRET, "rekeyed", declared(keys[0], "us-east1"))
    assert list(engine.diff(made, declared(keys[1], "us-east1")).replaces) == []
    updated = engine.update(made, declared(keys[1], "us-east1"))
    assert engine.read(updated).state["replication"] == declared(keys[1], "us-east1")["replication"]
    assert list(engine.diff(updated, declared(keys[1], "us-west1")).replaces) == ["replication"]
    for one in (updated, *grants):
        engine.delete(one)
