"""Members of policies live beside those of others, whatever happens at the same time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.gcp import policies
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.table import members
from tests.pulumi_provider.engine_side import EngineSide, RefusedError
from tests.pulumi_provider.gcp.cases import Ground
from tests.pulumi_provider.gcp.conftest import Local
from tests.pulumi_provider.local_sandbox import PROJECT

MEMBER = "gcp:projects/iAMMember:IAMMember"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
ROLE = "roles/logging.logWriter"


def _bindings(local: Local) -> list[dict[str, Any]]:
    asked = {"options": {"requestedPolicyVersion": 3}}
    found: list[dict[str, Any]] = local.call("POST", f"/v1/projects/{PROJECT}:getIamPolicy", asked)["bindings"]
    return found


def test_a_member_leaves_all_others_alone(engine: EngineSide, local: Local, ground: Ground) -> None:
    before = _bindings(local)
    declared = {"project": PROJECT, "role": ROLE, "member": ground.account.state["member"]}
    one = engine.create(MEMBER, "one", declared)
    other = engine.create(MEMBER, "other", {**declared, "member": ground.other_account.state["member"]})
    engine.delete(one)
    left = next(binding for binding in _bindings(local) if binding["role"] == ROLE)
    assert left["members"] == [other.state["member"]]
    engine.delete(other)
    assert _bindings(local) == before


def test_the_same_role_under_another_condition_is_another_membership(
    engine: EngineSide, local: Local, ground: Ground
) -> None:
    declared = {"project": PROJECT, "role": ROLE, "member": ground.account.state["member"]}
    early = {"title": "early", "expression": 'request.time < timestamp("2039-01-01T00:00:00Z")'}
    late = {"title": "late", "expression": 'request.time < timestamp("2040-01-01T00:00:00Z")', "description": "on"}
    made = [
        engine.create(MEMBER, f"when-{n}", {**declared, **more})
        for n, more in enumerate(({}, {"condition": early}, {"condition": late}))
    ]
    assert len({one.id for one in made}) == 3
    engine.delete(made[0])
    held = [binding["condition"] for binding in _bindings(local) if binding["role"] == ROLE]
    assert sorted(held, key=lambda condition: str(condition["title"])) == [early, late]
    assert engine.read(made[0]).id == ""
    assert engine.read(made[2]).state["condition"] == late
    for one in made[1:]:
        engine.delete(one)


def test_many_members_at_once_all_stay(connect: Callable[..., EngineSide], local: Local, ground: Ground) -> None:
    secret = ground.secret.state["secretId"]
    roles = ("secretAccessor", "viewer", "secretVersionAdder", "secretVersionManager", "admin")
    wanted = [
        {"secretId": secret, "role": f"roles/secretmanager.{role}", "member": member}
        for role in roles
        for member in (ground.account.state["member"], ground.other_account.state["member"])
    ]
    engines, made, failed = [connect(), connect()], [], []

    def work(number: int, declared: dict[str, Any]) -> None:
        try:
            made.append(engines[number % 2].create(SECRET_MEMBER, f"at-once-{number}", declared))
        except RefusedError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=work, args=(number, one)) for number, one in enumerate(wanted)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    policy = local.call("GET", f"/v1/projects/{PROJECT}/secrets/{secret}:getIamPolicy")
    assert sum(len(binding["members"]) for binding in policy["bindings"]) == len(wanted)
    for one in made:
        engines[0].delete(one)


class Cloud:
    """A policy that somebody else changes between a read and a write, so many times."""

    def __init__(self, conflicts: int) -> None:
        self.bindings: list[dict[str, Any]] = []
        self.conflicts, self.number, self.asked = conflicts, 0, 0

    def call(self, verb: str, path: str, body: Any = None, _: Any = None) -> Any:
        if path.endswith(":getIamPolicy"):
            self.asked += 1
            etag = str(self.number)
            if self.conflicts:
                self.conflicts -= 1
                self.number += 1
                self.bindings.append({"role": f"roles/theirs{self.number}", "members": ["user:them@example.com"]})
            return {"etag": etag, "bindings": [dict(one) for one in self.bindings]}
        if body["policy"]["etag"] != str(self.number):
            raise CloudError(f"{verb} {path}", "ABORTED", "There were concurrent policy changes. (HTTP 409)")
        assert body["policy"]["version"] == 3
        self.bindings, self.number = body["policy"]["bindings"], self.number + 1
        return body["policy"]


class Session:
    """As much of a session as a membership asks for."""

    def __init__(self, cloud: Cloud) -> None:
        self.client, self.cloud = cloud, self
        self.endpoint = f"test-{id(cloud)}"

    def fallback(self, name: str) -> str:
        return {"project": "acme-trial"}.get(name, "")


def _context(cloud: Cloud) -> Context:
    declared = {"secretId": "card", "role": "roles/viewer", "member": "user:me@example.com"}
    return Context(Session(cloud), declared, schema=members.SECRET)  # type: ignore[arg-type]


def test_a_change_by_somebody_else_restarts_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(policies, "pause", waited.append)
    cloud = Cloud(conflicts=3)
    members.SECRET.operations.create(_context(cloud))
    assert waited == [0, 1, 2]
    assert {binding["role"] for binding in cloud.bindings} == {
        "roles/viewer",
        *(f"roles/theirs{number}" for number in (1, 2, 3)),
    }


def test_endless_conflicts_end_in_googles_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "pause", lambda _: None)
    cloud = Cloud(conflicts=1000)
    with pytest.raises(CloudError, match="ABORTED: There were concurrent policy changes"):
        members.SECRET.operations.create(_context(cloud))
    assert cloud.asked == policies.TRIES


def test_audit_configurations_of_other_services_stay(engine: EngineSide, local: Local) -> None:
    def configured() -> dict[str, Any]:
        policy = local.call("POST", f"/v1/projects/{PROJECT}:getIamPolicy", {})
        return {one["service"]: one["auditLogConfigs"] for one in policy.get("auditConfigs") or []}

    made = [
        engine.create(
            AUDIT,
            service,
            {"project": PROJECT, "service": f"{service}.googleapis.com", "auditLogConfigs": [{"logType": "DATA_READ"}]},
        )
        for service in ("cloudkms", "pubsub")
    ]
    assert set(configured()) == {"cloudkms.googleapis.com", "pubsub.googleapis.com"}
    wanted = [{"logType": "DATA_READ", "exemptedMembers": ["user:a@example.com"]}, {"logType": "ADMIN_READ"}]
    updated = engine.update(made[0], {**made[0].inputs, "auditLogConfigs": wanted})
    assert configured()["cloudkms.googleapis.com"] == wanted
    engine.delete(updated)
    assert set(configured()) == {"pubsub.googleapis.com"}
    engine.delete(made[1])


def test_an_import_names_resource_role_member_and_title(engine: EngineSide, ground: Ground) -> None:
    declared = {"secretId": ground.secret.state["secretId"], "role": "roles/secretmanager.viewer"}
    declared["member"] = ground.account.state["member"]
    made = engine.create(SECRET_MEMBER, "imported", declared)
    words = f"{ground.secret.id} {made.state['role']} {made.state['member']}"
    assert engine.imported(SECRET_MEMBER, "imported", words).id == made.id
    assert engine.imported(SECRET_MEMBER, "imported", f"{words} another title").id == ""
    with pytest.raises(RefusedError, match="an import names resource, role and member"):
        engine.imported(SECRET_MEMBER, "imported", made.id)
    engine.delete(made)
