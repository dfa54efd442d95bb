"""Encryption keys: the right kind in every location, rotated, guarded by the tier, used by those named."""

from typing import Any

import pytest

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

KEY = "kms/cryptoKey:CryptoKey"
GRANT = "kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
AGENT = "serviceAccount:service-300000000003@gcp-sa-secretmanager.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision(SHOP)


@pytest.mark.parametrize(
    ("name", "purpose", "algorithm"),
    [
        ("data", "ENCRYPT_DECRYPT", "GOOGLE_SYMMETRIC_ENCRYPTION"),
        ("tokens", "ASYMMETRIC_SIGN", "EC_SIGN_P256_SHA256"),
        ("webhooks", "MAC", "HMAC_SHA256"),
    ],
)
def test_use_decides_the_kind_of_key(prod: Provisioned, name: str, purpose: str, algorithm: str) -> None:
    inputs = prod.of(KEY)[name].inputs
    assert (inputs["purpose"], inputs["versionTemplate"]["algorithm"]) == (purpose, algorithm)


def test_keys_that_encrypt_have_one_of_their_name_in_every_location(prod: Provisioned) -> None:
    rings = {name: key.inputs["keyRing"] for name, key in prod.of(KEY).items()}
    assert rings == {
        "data": "projects/acme-prod/locations/us-east1/keyRings/prod",
        "data-us-west1": "projects/acme-prod/locations/us-west1/keyRings/prod",
        "tokens": "projects/acme-prod/locations/us-east1/keyRings/prod",
        "webhooks": "projects/acme-prod/locations/us-east1/keyRings/prod",
    }
    assert {prod.of(KEY)[name].inputs["name"] for name in ("data", "data-us-west1")} == {"data"}


def test_only_keys_that_encrypt_ask_gcp_to_rotate_them(prod: Provisioned) -> None:
    periods = {name: key.inputs.get("rotationPeriod") for name, key in prod.of(KEY).items()}
    assert periods == {"data": "7776000s", "data-us-west1": "7776000s", "tokens": None, "webhooks": None}


@pytest.mark.parametrize(("tier", "level", "window"), [("low", "SOFTWARE", "604800s"), ("critical", "HSM", "2592000s")])
def test_tier_decides_on_hardware_and_the_time_until_versions_are_gone(tier: str, level: str, window: str) -> None:
    key = provision({**SHOP, "tier": tier}).of(KEY)["data"].inputs
    assert (key["versionTemplate"]["protectionLevel"], key["destroyScheduledDuration"]) == (level, window)


@pytest.mark.parametrize(("tier", "guarded"), [("low", False), ("critical", True)])
def test_keys_are_guarded_against_deletion_where_the_tier_says_so(tier: str, *, guarded: bool) -> None:
    for key in provision({**SHOP, "tier": tier}).of(KEY).values():
        assert (key.protect, key.kept, key.inputs["deletionPolicy"] == "PREVENT") == (guarded, guarded, guarded)


def test_a_change_of_what_gcp_cannot_change_never_replaces_a_key(prod: Provisioned) -> None:
    for key in prod.of(KEY).values():
        assert set(key.ignored) == {"destroyScheduledDuration", "versionTemplate.protectionLevel"}


def test_an_adopted_key_ring_is_not_made_and_its_keys_carry_the_environment() -> None:
    adopted = provision({**SHOP, "gcp": {**SHOP["gcp"], "key_ring": "company"}})
    assert adopted.of("kms/keyRing:KeyRing") == {}
    key = adopted.of(KEY)["data-us-west1"].inputs
    assert key["keyRing"] == "projects/acme-prod/locations/us-west1/keyRings/company"
    assert key["name"] == "prod-data"


def test_a_key_ring_outlives_the_environment_since_gcp_deletes_none(prod: Provisioned) -> None:
    rings = prod.of("kms/keyRing:KeyRing")
    assert {ring.inputs["location"] for ring in rings.values()} == {"us-east1", "us-west1"}
    assert all(ring.kept for ring in rings.values())


def test_the_agent_of_secret_manager_uses_the_keys_that_encrypt_and_no_others(prod: Provisioned) -> None:
    granted = {name for name, one in prod.of(GRANT).items() if one.inputs["member"] == AGENT}
    role = "cryptoKeyEncrypterDecrypter"
    member = AGENT.replace(":", "-")
    assert granted == {f"data-{role}-{member}", f"data-us-west1-{role}-{member}"}


def test_moving_a_secret_to_another_key_leaves_the_agent_both() -> None:
    """GCP keeps existing versions under the key they were added with."""
    keys = {"data": {"purpose": "secrets of the shop"}, "books": {"purpose": "secrets of the ledger"}}
    secrets = {name: {**secret, "key": "books"} for name, secret in SHOP["secrets"].items()}
    moved = provision({**SHOP, "keys": keys, "secrets": secrets})
    used = {name.partition("-crypto")[0] for name, one in moved.of(GRANT).items() if one.inputs["member"] == AGENT}
    assert used == {"data", "data-us-west1", "books", "books-us-west1"}


def test_administrators_manage_every_key_and_use_none(prod: Provisioned) -> None:
    administrator = "serviceAccount:prod-administrator@acme-prod.iam.gserviceaccount.com"
    grants = [one.inputs for one in prod.of(GRANT).values() if one.inputs["member"] == administrator]
    assert {one["role"] for one in grants} == {"roles/cloudkms.admin"}
    assert len({one["cryptoKeyId"] for one in grants}) == len(prod.of(KEY))


def test_a_user_of_a_key_gets_the_role_of_its_use_on_that_key_alone(prod: Provisioned) -> None:
    user = SHOP["keys"]["tokens"]["users"][0]
    (grant,) = [one.inputs for one in prod.of(GRANT).values() if one.inputs["member"] == user]
    assert grant["role"] == "roles/cloudkms.signerVerifier"
    assert grant["cryptoKeyId"].endswith("/us-east1/keyRings/prod/cryptoKeys/tokens")


def test_a_principal_of_aws_gets_nothing_here() -> None:
    keys: dict[str, Any] = {"data": {"purpose": "both", "users": ["arn:aws:iam::123456789012:role/app"]}}
    aws = {"account": "123456789012", "region": "us-east-1"}
    both = provision({**SHOP, "aws": aws, "keys": {**SHOP["keys"], **keys}})
    assert not [one for one in both.of(GRANT).values() if "arn:aws" in one.inputs["member"]]
