"""Production on both clouds as the first `up` left it: what it has, what it refuses, what a second `up` does."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from tests.google_client import Forbidden, NotFound

from tests.e2e.conftest import User
from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import MESH, OFFICE, Sandbox


@pytest.fixture(scope="module")
def sandbox(full_landscape: User) -> Sandbox:
    return full_landscape.sandbox


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
    preview = sandbox.run("pulumi", "preview", "-s", "prod", "--expect-no-changes")
    assert preview.code == 0, preview.output
    refreshed = sandbox.run("pulumi", "refresh", "-s", "prod", "--yes", "--expect-no-changes")
    assert refreshed.code == 0, refreshed.output
    sandbox.must("pulumi", "up", "-s", "prod", "--yes", "--skip-preview", "--expect-no-changes")
    assert schedules(prod) == before


def test_production_refuses_to_destroy_its_protected_keys_and_says_how_to(sandbox: Sandbox, prod: Project) -> None:
    refused = sandbox.run("pulumi", "destroy", "-s", "prod", "--yes")
    assert refused.code != 0
    assert "protect" in refused.output
    assert "protected: false" in refused.output or "pulumi state unprotect" in refused.output
    key = sandbox.client("prod", "kms").describe_key(KeyId="alias/prod/data")["KeyMetadata"]
    assert key["KeyState"] == "Enabled"
    assert prod.ok("GET", f"/v1/{prod.outputs['keys']['analytics']['path']}")["primary"]["state"] == "ENABLED"


def test_a_value_is_born_rotated_and_is_the_first_one(sandbox: Sandbox, prod: Project) -> None:
    role = sandbox.outputs("prod")["roles"]["checkout-reader"]
    assert sandbox.read("prod", role, "payments-api-key", MESH).startswith("pay_")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        sandbox.read("prod", role, "payments-api-key", MESH, "AWSPREVIOUS")
    planner = reader(prod, "stock-planner-reader")
    assert prod.read("forecast-api-token", planner).startswith("fc_")
    with pytest.raises(NotFound):
        prod.read("forecast-api-token", planner, "previous")


def test_a_secret_of_both_clouds_has_one_value(sandbox: Sandbox, prod: Project) -> None:
    role = sandbox.outputs("prod")["roles"]["finance-desk-reader"]
    on_aws = sandbox.read("prod", role, "ledger-export-passphrase", OFFICE)
    assert prod.read("ledger-export-passphrase", reader(prod, "break-glass")) == on_aws


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


def test_status_shows_where_each_secret_lives(sandbox: Sandbox) -> None:
    shown = sandbox.must("keystead", "status", "--env", "prod")
    assert "aws+gcp" in shown
    states = {one["name"]: one["state"] for one in sandbox.status("prod")["secrets"]}
    assert states["ledger-export-passphrase"] == states["forecast-api-token"] == "current"
    assert sandbox.secret("prod", "payments-api-key")["last_rotation"] is not None


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


def test_encrypting_directly_is_not_a_readers_right(prod: Project) -> None:
    keys = prod.keys(reader(prod, "stock-planner-reader"))
    with pytest.raises(Forbidden):
        keys.encrypt(name=prod.outputs["keys"]["analytics"]["path"], plaintext=base64.b64encode(b"x"))
