"""An engine or a plugin that dies in the middle leaves nothing behind that the next update does not take up."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider import checking
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.gcp import cloud as gcp
from keystead_sandbox.pulumi_provider.gcp.life import GcpLife
from keystead_sandbox.pulumi_provider.gcp.sessions import Sessions
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Request
from keystead_sandbox.pulumi_provider.wire import ARCHIVE, SIGNATURE
from tests.pulumi_provider.engine_side import EngineSide, RefusedError
from tests.pulumi_provider.gcp.cases import Ground
from tests.pulumi_provider.gcp.conftest import Local
from tests.pulumi_provider.local_sandbox import PROJECT, STACK

ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
JOB = "gcp:cloudscheduler/job:Job"
FUNCTION = "gcp:cloudfunctionsv2/function:Function"
OBJECT = "gcp:storage/bucketObject:BucketObject"
RING = "gcp:kms/keyRing:KeyRing"
ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
SECRET = "gcp:secretmanager/secret:Secret"
AUTO: dict[str, Any] = {"replication": {"auto": {}}}
MAIL = {"type": "email", "labels": {"email_address": "payments@example.com"}}


def _channels(local: Local, name: str) -> list[str]:
    found = local.call("GET", f"/v3/projects/{PROJECT}/notificationChannels").get("notificationChannels") or []
    return [one["name"] for one in found if one["displayName"] == name]


def test_a_create_whose_answer_was_lost_is_taken_up_and_not_doubled(engine: EngineSide, local: Local) -> None:
    first = engine.create(CHANNEL, "lost", {"displayName": "lost", **MAIL})
    again = engine.create(CHANNEL, "lost", {"displayName": "lost", **MAIL, "description": "found again"})
    assert again.id == first.id
    assert again.state["description"] == "found again"
    assert _channels(local, "lost") == [first.id]
    engine.delete(again)


def test_a_named_resource_whose_answer_was_lost_does_not_already_exist(engine: EngineSide) -> None:
    first = engine.create(ACCOUNT, "lost-account", {"accountId": "lost-account"})
    again = engine.create(ACCOUNT, "lost-account", {"accountId": "lost-account", "displayName": "found again"})
    assert again.id == first.id
    assert again.state["uniqueId"] == first.state["uniqueId"]
    assert again.state["displayName"] == "found again"
    engine.delete(again)


def test_what_others_have_set_meanwhile_stays_with_what_is_taken_up(engine: EngineSide, local: Local) -> None:
    declared: dict[str, Any] = {"secretId": "rotated", **AUTO}
    first = engine.create(SECRET, "rotated", declared)
    local.call("POST", f"/v1/{first.id}:addVersion", {"payload": {"data": "bm90aGluZw=="}})
    aliases = {"versionAliases": {"current": "1"}}
    local.call("PATCH", f"/v1/{first.id}?updateMask=versionAliases", aliases)
    again = engine.create(SECRET, "rotated", {**declared, "labels": {"owner": "payments"}})
    found = local.call("GET", f"/v1/{first.id}")
    assert found["versionAliases"] == {"current": "1"}
    assert found["labels"]["owner"] == "payments"
    assert again.state["versionAliases"] == {"current": "1"}
    compared = engine.diff(again, {**declared, "labels": {"owner": "payments"}}, ["versionAliases"])
    assert compared.changes == compared.DIFF_NONE
    assert "versionAliases" not in engine.update(again, declared).state
    engine.delete(again)


def test_what_cannot_become_what_is_declared_now_is_removed(engine: EngineSide) -> None:
    engine.create(SECRET, "changed", {"secretId": "changed", **AUTO})
    elsewhere = {"userManaged": {"replicas": [{"location": "us-east1"}]}}
    again = engine.create(SECRET, "changed", {"secretId": "changed", "replication": elsewhere})
    assert again.state["replication"] == elsewhere
    engine.delete(again)


def test_what_was_kept_under_another_name_does_not_take_the_place_of_what_is_declared_now(engine: EngineSide) -> None:
    kept = engine.create(RING, "kept", {"name": "kept", "location": "us-east1"})
    made = engine.create(RING, "kept", {"name": "kept-2", "location": "us-east1"})
    assert kept.id.endswith("/keyRings/kept")
    assert (made.id, made.state["name"]) == (f"{kept.id}-2", "kept-2")


def test_somebody_elses_resource_of_the_same_name_is_never_adopted(engine: EngineSide, local: Local) -> None:
    path = f"/v1/projects/{PROJECT}/secrets"
    local.call("POST", f"{path}?secretId=foreign", {"replication": {"automatic": {}}, "labels": {"theirs": "yes"}})
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"'foreign': POST .*/secrets: ALREADY_EXISTS: .*\(HTTP 409\)"):
            engine.create(SECRET, "foreign", {"secretId": "foreign", **AUTO})
    assert local.call("GET", f"{path}/foreign")["labels"] == {"theirs": "yes"}
    local.call("DELETE", f"{path}/foreign")


@pytest.mark.parametrize("acknowledge", ["diff", "read"])
def test_an_answer_the_engine_knows_is_never_taken_up(engine: EngineSide, acknowledge: str) -> None:
    declared = {"displayName": f"known by {acknowledge}", **MAIL}
    first = engine.create(CHANNEL, f"known by {acknowledge}", declared)
    if acknowledge == "diff":
        engine.diff(first, declared)
    else:
        engine.read(first)
    replacement = engine.create(CHANNEL, f"known by {acknowledge}", declared)
    assert replacement.id != first.id
    engine.delete(first)
    engine.delete(replacement)


def test_two_creates_of_one_resource_at_once_make_one(connect: Callable[..., EngineSide], local: Local) -> None:
    made, engines = [], [connect(), connect()]

    def work(engine: EngineSide) -> None:
        made.append(engine.create(CHANNEL, "twice", {"displayName": "twice", **MAIL}))

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert made[0].id == made[1].id
    assert _channels(local, "twice") == [made[0].id]
    engines[0].delete(made[0])


def test_two_engines_of_two_stacks_share_the_plugin(connect: Callable[..., EngineSide]) -> None:
    one, other = connect(), connect()
    made = [
        engine.create(ACCOUNT, f"shared-{number}", {"accountId": f"shared-{number}"})
        for number, engine in enumerate((one, other))
    ]
    assert {found.state["email"].partition("@")[0] for found in made} == {"shared-0", "shared-1"}
    one.delete(made[1])
    other.delete(made[0])


@pytest.mark.parametrize(
    ("type_name", "declared"),
    [
        (CHANNEL, {"displayName": "died", **MAIL}),
        (SECRET, {"secretId": "died", **AUTO}),
        (BUCKET, {"name": f"{PROJECT}-died", "location": "us-east1"}),
    ],
)
def test_a_plugin_that_died_before_the_answer_finds_its_own_again(
    engine: EngineSide, local: Local, tmp_path: Path, type_name: str, declared: dict[str, Any]
) -> None:
    urn = f"urn:pulumi:{STACK}::keystead-test::{type_name}::died"
    session = Sessions(local.place.registry).open(STACK, {"project": PROJECT})
    inputs, failures = checking.check(RESOURCES.find(type_name), "died", declared, {}, b"seed")
    assert failures == []

    def life() -> GcpLife:
        return gcp.live(RESOURCES.find(type_name), session, Request("peer", urn, inputs=inputs))

    lost = life()
    Journal(tmp_path / "journal.json").intend(urn, lost.similar())
    lost.make()
    found, state = life().create(Journal(tmp_path / "journal.json"), urn)
    assert found == lost.identify()
    engine.delete(engine_side_made(engine, type_name, found, state))


def engine_side_made(engine: EngineSide, type_name: str, resource_id: str, state: dict[str, Any]) -> Any:
    made = engine.imported(type_name, "died", resource_id)
    made.state = state
    return made


def test_what_was_there_before_the_lost_create_is_not_taken_for_its_result(local: Local, tmp_path: Path) -> None:
    urn = f"urn:pulumi:{STACK}::keystead-test::{SECRET}::before"
    session = Sessions(local.place.registry).open(STACK, {"project": PROJECT})
    path = f"/v1/projects/{PROJECT}/secrets"
    local.call("POST", f"{path}?secretId=before", {"replication": {"automatic": {}}})
    declared = {"secretId": "before", **AUTO}
    second = gcp.live(RESOURCES.find(SECRET), session, Request("peer", urn, inputs=declared))
    journal = Journal(tmp_path / "journal.json")
    journal.intend(urn, second.similar())
    with pytest.raises(CloudError, match="ALREADY_EXISTS"):
        second.create(journal, urn)
    local.call("DELETE", f"{path}/before")


def test_a_deployment_that_failed_is_deployed_again_by_the_next_create(
    engine: EngineSide, ground: Ground, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("raise RuntimeError\n")
    source = {SIGNATURE: ARCHIVE, "path": str(tmp_path), "hash": "b"}
    failing = engine.create(OBJECT, "failing", {"bucket": ground.bucket.id, "name": "failing.zip", "source": source})
    declared = ground.function_inputs("failing")
    stored = declared["buildConfig"]["source"]["storageSource"]
    stored.update(object="failing.zip", generation=failing.state["generation"])
    with pytest.raises(RefusedError, match="the operation failed"):
        engine.create(FUNCTION, "failing", declared)
    made = engine.create(FUNCTION, "failing", ground.function_inputs("failing"))
    assert made.state["state"] == "ACTIVE"
    engine.delete(made)
    engine.delete(failing)


def test_a_job_is_paused_and_goes_on(engine: EngineSide) -> None:
    declared = {
        "name": "half",
        "region": "us-east1",
        "schedule": "0 * * * *",
        "httpTarget": {"uri": "https://127.0.0.1/"},
    }
    made = engine.create(JOB, "half", {**declared, "paused": True})
    assert made.state["state"] == "PAUSED"
    resumed = engine.update(made, {**declared, "paused": False})
    assert resumed.state["state"] == "ENABLED"
    engine.delete(resumed)


def test_a_deleted_custom_role_comes_back_under_its_own_id(engine: EngineSide) -> None:
    declared = {"roleId": "came_back", "title": "one", "permissions": ["secretmanager.secrets.get"]}
    engine.delete(engine.create(ROLE, "first", declared))
    again = engine.create(ROLE, "second", {**declared, "title": "two"})
    assert again.state["title"] == "two"
    assert again.state["deleted"] is False
    with pytest.raises(RefusedError, match=r"ALREADY_EXISTS: Custom project role .* must be imported"):
        engine.create(ROLE, "third", declared)
    engine.delete(again)
