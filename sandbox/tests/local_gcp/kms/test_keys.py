import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from tests.google_client import BadRequest, GoogleClient
from tests.local_gcp.conftest import DEV, LocalCloud

DAY = 86_400
MAC = {"purpose": "MAC", "versionTemplate": {"algorithm": "HMAC_SHA256"}}


@pytest.fixture(scope="module")
def kms(cloud: LocalCloud) -> GoogleClient:
    return GoogleClient("cloudkms", cloud.plain, cloud.deployer())


def made(cloud: LocalCloud, name: str, **body: Any) -> str:
    return cloud.key("keys", name, **body).removeprefix("/v1/")


def test_what_a_key_encrypts_it_decrypts_in_the_same_context_only(cloud: LocalCloud, kms: GoogleClient) -> None:
    key = made(cloud, "context", versionTemplate={"protectionLevel": "HSM"})
    sealed = kms.encrypt(request={"name": key, "plaintext": b"value", "additional_authenticated_data": b"dev"})
    assert sealed.protection_level == "HSM"
    opened = {"name": key, "ciphertext": sealed.ciphertext, "additional_authenticated_data": b"dev"}
    assert kms.decrypt(request=opened).plaintext == b"value"
    with pytest.raises(BadRequest, match="Decryption failed"):
        kms.decrypt(request={**opened, "additional_authenticated_data": b"prod"})


def test_a_checksum_that_does_not_match_is_refused(cloud: LocalCloud, kms: GoogleClient) -> None:
    key = made(cloud, "checked")
    with pytest.raises(BadRequest, match="plaintext_crc32c did not match"):
        kms.encrypt(request={"name": key, "plaintext": b"value", "plaintext_crc32c": 1})


def test_another_keys_ciphertext_is_not_decrypted(cloud: LocalCloud, kms: GoogleClient) -> None:
    one, two = made(cloud, "one"), made(cloud, "two")
    with pytest.raises(BadRequest, match="refers to the correct CryptoKey"):
        kms.decrypt(name=two, ciphertext=kms.encrypt(name=one, plaintext=b"x").ciphertext)


def test_a_disabled_version_fails_and_works_again_when_enabled(cloud: LocalCloud, kms: GoogleClient) -> None:
    key = made(cloud, "switched")
    sealed = kms.encrypt(name=key, plaintext=b"x").ciphertext
    version = f"/v1/{key}/cryptoKeyVersions/1?updateMask=state"
    cloud.ok("PATCH", version, {"state": "DISABLED"})
    with pytest.raises(BadRequest, match="is not enabled, current state is: DISABLED"):
        kms.decrypt(name=key, ciphertext=sealed)
    cloud.ok("PATCH", version, {"state": "ENABLED"})
    assert kms.decrypt(name=key, ciphertext=sealed).plaintext == b"x"


def test_a_key_rotates_on_the_clock_and_old_ciphertexts_still_open(own_cloud: LocalCloud) -> None:
    body = {"rotationPeriod": f"{30 * DAY}s", "nextRotationTime": own_cloud.timestamp(30 * DAY)}
    key = own_cloud.key("keys", "rotating", **body)
    before = own_cloud.ok("POST", f"{key}:encrypt", {"plaintext": "eA=="})
    events = own_cloud.advance(95 * DAY)
    assert [event["kind"] for event in events] == ["key rotation"] * 3
    assert own_cloud.ok("GET", key)["primary"]["name"].endswith("/cryptoKeyVersions/4")
    opened = own_cloud.ok("POST", f"{key}:decrypt", {"ciphertext": before["ciphertext"]})
    assert (opened["plaintext"], opened["usedPrimary"]) == ("eA==", False)


def test_destruction_is_scheduled_can_be_cancelled_and_is_final_in_the_end(own_cloud: LocalCloud) -> None:
    key = own_cloud.key("keys", "doomed", destroyScheduledDuration=f"{2 * DAY}s")
    version = f"{key}/cryptoKeyVersions/1"
    assert own_cloud.ok("POST", f"{version}:destroy", {})["state"] == "DESTROY_SCHEDULED"
    assert own_cloud.ok("POST", f"{version}:restore", {})["state"] == "DISABLED"
    own_cloud.advance(3 * DAY)
    assert own_cloud.ok("GET", version)["state"] == "DISABLED"
    own_cloud.ok("POST", f"{version}:destroy", {})
    own_cloud.advance(3 * DAY)
    assert own_cloud.ok("GET", version)["state"] == "DESTROYED"
    assert own_cloud.call("POST", f"{version}:restore", {}).status == "FAILED_PRECONDITION"


def test_a_signature_verifies_with_the_public_key(cloud: LocalCloud, kms: GoogleClient) -> None:
    template = {"algorithm": "EC_SIGN_P256_SHA256"}
    version = made(cloud, "signing", purpose="ASYMMETRIC_SIGN", versionTemplate=template) + "/cryptoKeyVersions/1"
    digest = hashlib.sha256(b"document").digest()
    signature = kms.asymmetric_sign(name=version, digest={"sha256": digest}).signature
    public = serialization.load_pem_public_key(kms.get_public_key(name=version).pem.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def test_a_mac_is_verified_for_its_data_only(cloud: LocalCloud, kms: GoogleClient) -> None:
    template = {"algorithm": "HMAC_SHA256"}
    version = made(cloud, "tags", purpose="MAC", versionTemplate=template) + "/cryptoKeyVersions/1"
    tag = kms.mac_sign(name=version, data=b"data").mac
    assert kms.mac_verify(name=version, data=b"data", mac=tag).success
    assert not kms.mac_verify(name=version, data=b"other", mac=tag).success


def test_random_bytes_have_the_length_asked_for_and_differ(cloud: LocalCloud, kms: GoogleClient) -> None:
    asked = {"location": f"projects/{DEV}/locations/us-east1", "length_bytes": 32, "protection_level": 2}
    first, second = (kms.generate_random_bytes(request=asked).data for _ in range(2))
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"rotationPeriod": "7776000s"}, "next_rotation_time must also be set"),
        ({"rotationPeriod": "60s", "nextRotationTime": "2099-01-01T00:00:00Z"}, "at least 24 hours"),
        ({"purpose": "MAC"}, "cannot be used with keys of purpose MAC"),
        ({"destroyScheduledDuration": "60s"}, "between 24 hours and 120 days"),
        ({**MAC, "nextRotationTime": "2099-01-01T00:00:00Z"}, "do not support automatic rotation"),
    ],
)
def test_a_key_that_google_would_not_make_is_refused(cloud: LocalCloud, body: dict[str, Any], words: str) -> None:
    if cloud.call("GET", PRESENT).code != 200:
        cloud.key("refused", "present")
    path = f"/v1/projects/{DEV}/locations/global/keyRings/refused/cryptoKeys?cryptoKeyId=refused"
    answer = cloud.call("POST", path, {"purpose": "ENCRYPT_DECRYPT", **body})
    assert (answer.code, answer.status) == (400, "INVALID_ARGUMENT")
    assert words in answer.message


PRESENT = f"/v1/projects/{DEV}/locations/global/keyRings/refused/cryptoKeys/present"


def test_using_a_key_asks_for_its_own_permission(cloud: LocalCloud) -> None:
    key = cloud.key("keys", "guarded")
    administrator = cloud.account("key-administrator")
    cloud.grant(key, "roles/cloudkms.admin", f"serviceAccount:{administrator}")
    token = cloud.impersonate(administrator)
    assert cloud.call("GET", key, token=token).code == 200
    answer = cloud.call("POST", f"{key}:encrypt", {"plaintext": "eA=="}, token=token)
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")
    assert "cloudkms.cryptoKeyVersions.useToEncrypt" in answer.message
