"""The main job on GCP and on both clouds at once, end to end: up, read, rotate, end of the overlap, destroy."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from tests.google_client import BadRequest, Forbidden, NotFound

from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import OFFICE, Sandbox, copied_project


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = copied_project(tmp_path_factory.mktemp("both"))
    made = Sandbox(project / ".sandbox", project)
    try:
        made.up("--env", "dev", "--env", "prod")
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def dev(sandbox: Sandbox) -> Project:
    return Project(sandbox, "dev")


@pytest.fixture(scope="module")
def prod(sandbox: Sandbox) -> Project:
    return Project(sandbox, "prod")


def reader(project: Project, role: str) -> str:
    """A token of one of the environment's roles."""
    return project.impersonate(project.outputs["roles"][role])


def schedules(project: Project) -> dict[str, str]:
    """When each secret of the project is rotated next."""
    listed = project.ok("GET", f"/v1/projects/{project.id}/secrets")["secrets"]
    return {one["name"]: one["rotation"]["nextRotationTime"] for one in listed if "rotation" in one}


def test_up_again_neither_changes_anything_nor_moves_the_next_rotation(sandbox: Sandbox, prod: Project) -> None:
    before = schedules(prod)
    assert before
    sandbox.must("pulumi", "up", "-s", "prod", "--yes", "--skip-preview", "--expect-no-changes")
    refreshed = sandbox.run("pulumi", "refresh", "-s", "prod", "--yes", "--expect-no-changes")
    assert refreshed.code == 0, refreshed.output
    sandbox.must("pulumi", "up", "-s", "prod", "--yes", "--skip-preview", "--expect-no-changes")
    assert schedules(prod) == before


def test_a_person_brings_a_value_and_its_reader_gets_it(sandbox: Sandbox, dev: Project) -> None:
    shown = {one["name"]: one for one in sandbox.status("dev")["secrets"]}
    assert shown["market-data-key"]["state"] == "waiting"
    sandbox.must("keystead", "secret", "put", "market-data-key", "--env", "dev", given="brought-by-a-person-4711")
    breaker = reader(dev, "break-glass")
    assert dev.read("market-data-key", breaker) == "brought-by-a-person-4711"


def test_production_refuses_to_destroy_its_protected_keys(sandbox: Sandbox, prod: Project) -> None:
    refused = sandbox.run("pulumi", "destroy", "-s", "prod", "--yes")
    assert refused.code != 0
    assert "protect" in refused.output
    key = prod.outputs["keys"]["analytics"]["path"]
    assert prod.ok("GET", f"/v1/{key}")["primary"]["state"] == "ENABLED"


def test_a_signing_key_signs_what_its_public_key_verifies(prod: Project) -> None:
    version = f"{prod.outputs['keys']['tokens']['path']}/cryptoKeyVersions/1"
    keys = prod.keys(prod.deployer)
    digest = hashlib.sha256(b"a token of the storefront").digest()
    signature = keys.asymmetric_sign(name=version, digest={"sha256": digest}).signature
    public = serialization.load_pem_public_key(keys.get_public_key(name=version).pem.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def test_critical_keys_live_in_hardware_and_rotate(prod: Project) -> None:
    for name in ("data", "ledger", "analytics"):
        key: Any = prod.keys(prod.deployer).get_crypto_key(name=prod.outputs["keys"][name]["path"])
        assert key.version_template.protection_level == "HSM"
        assert key.rotation_period == 90 * 86_400


def test_a_secret_of_both_clouds_has_one_value_and_rotates_in_one_go(sandbox: Sandbox, prod: Project) -> None:
    def on_aws(stage: str) -> str:
        role = sandbox.outputs("prod")["roles"]["finance-desk-reader"]
        return sandbox.read("prod", role, "ledger-export-passphrase", OFFICE, stage)

    def on_gcp(version: str) -> str:
        return prod.read("ledger-export-passphrase", reader(prod, "break-glass"), version)

    before = on_aws("AWSCURRENT")
    assert on_gcp("current") == before
    sandbox.sandbox("advance", "91d")
    after = on_aws("AWSCURRENT")
    assert after != before
    assert on_gcp("current") == after
    both = {on_aws("AWSPREVIOUS"), on_gcp("previous")}
    assert len(both) == 1
    sandbox.sandbox("advance", "31d")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        on_aws("AWSPREVIOUS")
    with pytest.raises(NotFound):
        on_gcp("previous")
    assert on_gcp("current") == on_aws("AWSCURRENT")


def test_a_value_is_born_rotated_overlaps_and_is_gone_after_the_overlap(sandbox: Sandbox, dev: Project) -> None:
    planner = reader(dev, "stock-planner-reader")
    first = dev.read("forecast-api-token", planner)
    assert first.startswith("fc_")
    with pytest.raises(NotFound):
        dev.read("forecast-api-token", planner, "previous")
    sandbox.sandbox("advance", "59d")
    planner = reader(dev, "stock-planner-reader")
    second = dev.read("forecast-api-token", planner)
    assert second != first
    assert dev.read("forecast-api-token", planner, "previous") == first
    sandbox.sandbox("advance", "31d")
    planner = reader(dev, "stock-planner-reader")
    assert dev.read("forecast-api-token", planner) == second
    with pytest.raises(NotFound):
        dev.read("forecast-api-token", planner, "previous")
    with pytest.raises((BadRequest, NotFound)):
        dev.read("forecast-api-token", planner, "1")


def test_status_shows_where_each_secret_lives(sandbox: Sandbox) -> None:
    shown = sandbox.must("keystead", "status", "--env", "prod")
    assert "aws+gcp" in shown
    states = {one["name"]: one["state"] for one in sandbox.status("prod")["secrets"]}
    assert states["ledger-export-passphrase"] == states["forecast-api-token"] == "current"


def test_the_workload_identity_of_the_rotator_opens_the_pairs_and_nothing_else(sandbox: Sandbox, prod: Project) -> None:
    policies = {
        name: prod.ok("GET", f"/v1/{path}:getIamPolicy?options.requestedPolicyVersion=3")
        for name, path in ((name, one["path"]) for name, one in prod.outputs["secrets"].items())
    }
    federated = {
        name
        for name, policy in policies.items()
        for binding in policy.get("bindings", [])
        if any(member.startswith("principalSet://") for member in binding["members"])
    }
    assert federated == {"order-events-secret", "ledger-export-passphrase"}


def test_nobody_but_the_function_becomes_the_rotator(prod: Project) -> None:
    rotator = prod.outputs["roles"]["rotator"]
    for role in ("administrator", "auditor", "break-glass", "finance-desk-reader"):
        answer = prod.call(
            "POST",
            f"/v1/projects/-/serviceAccounts/{rotator}:generateAccessToken",
            {"scope": ["https://www.googleapis.com/auth/cloud-platform"]},
            token=reader(prod, role),
        )
        assert (answer.code, answer.body["error"]["status"]) == (403, "PERMISSION_DENIED"), role


def test_dev_is_destroyed_whole_on_both_clouds(sandbox: Sandbox, dev: Project) -> None:
    sandbox.must("pulumi", "destroy", "-s", "dev", "--yes", "--skip-preview")
    assert dev.ok("GET", f"/v1/projects/{dev.id}/secrets") == {}
    assert sandbox.client("dev", "secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"] == []


def test_encrypting_directly_is_not_a_readers_right(prod: Project) -> None:
    keys = prod.keys(reader(prod, "stock-planner-reader"))
    with pytest.raises(Forbidden):
        keys.encrypt(name=prod.outputs["keys"]["analytics"]["path"], plaintext=base64.b64encode(b"x"))
