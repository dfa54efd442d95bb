"""Cloud KMS: what keys do - encrypt, decrypt, sign, authenticate, random bytes. Source: Cloud KMS API v1 reference."""

import secrets
from hmac import compare_digest

from keystead_sandbox.local_gcp.api.encoding import crc32c, decoded, encoded, verified
from keystead_sandbox.local_gcp.api.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.kms import material
from keystead_sandbox.local_gcp.kms.keys import KEY, VERSION, not_enabled
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

MOST_BYTES = 64 * 1024
UNDECIPHERABLE = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
WRONG = "Decryption failed: the ciphertext is invalid."
CONTEXT = "additionalAuthenticatedData"


def _given(call: Call, field: str) -> tuple[bytes, bool]:
    """The bytes in a field, and whether a checksum came with them, which must match."""
    data = decoded(str(call.body.get(field) or "")) or b""
    return data, verified(call.body, field, data)


def _summed(field: str, data: bytes) -> Json:
    return {field: encoded(data), f"{field}Crc32c": str(crc32c(data))}


def _check_purpose(key: Resource, purpose: str) -> None:
    if key.body["purpose"] != purpose:
        raise precondition(f"{key.name} has purpose {key.body['purpose']}; this operation needs {purpose}.")


def _enabled(version: Resource, purpose: str, key: Resource) -> Resource:
    _check_purpose(key, purpose)
    if version.body["state"] != "ENABLED":
        raise not_enabled(version)
    return version


def primary(cloud: Cloud, key: Resource) -> Resource:
    """The version a key encrypts with."""
    version = cloud.store.find(f"{key.name}/cryptoKeyVersions/{key.hidden.get('primary')}")
    if version is None:
        raise precondition(f"{key.name} has no primary version.")
    return _enabled(version, "ENCRYPT_DECRYPT", key)


def encrypt_with(cloud: Cloud, key: Resource, plaintext: bytes, context: bytes) -> tuple[str, bytes]:
    """Encrypt with a key's primary version: the version's name and the ciphertext."""
    version = primary(cloud, key)
    return version.name, material.encrypt(version.hidden["material"], plaintext, context)


def decrypt_with(cloud: Cloud, key: Resource, ciphertext: bytes, context: bytes) -> tuple[Resource, bytes]:
    """Decrypt with whichever version of a key made the ciphertext."""
    _check_purpose(key, "ENCRYPT_DECRYPT")
    for version in cloud.store.children(f"{key.name}/cryptoKeyVersions"):
        if version.hidden and material.made(version.hidden["material"], ciphertext):
            _enabled(version, "ENCRYPT_DECRYPT", key)
            plaintext = material.decrypt(version.hidden["material"], ciphertext, context)
            if plaintext is None:
                raise invalid(WRONG)
            return version, plaintext
    raise invalid(UNDECIPHERABLE)


@handles("cloudkms.cryptoKeys.encrypt")
def encrypt(call: Call) -> Json:
    """Encrypt with the primary version, or with the version that is named."""
    if len(decoded(str(call.body.get("plaintext") or "")) or b"") > MOST_BYTES:
        raise invalid("The plaintext must be no larger than 64KiB.")
    key = standard.require(call, KEY, call.name.partition("/cryptoKeyVersions/")[0])
    if call.name == key.name:
        version = primary(call.cloud, key)
    else:
        version = _enabled(standard.require(call, VERSION), "ENCRYPT_DECRYPT", key)
    (plaintext, checked), (context, checked_context) = _given(call, "plaintext"), _given(call, CONTEXT)
    return {
        "name": version.name,
        **_summed("ciphertext", material.encrypt(version.hidden["material"], plaintext, context)),
        **({"verifiedPlaintextCrc32c": True} if checked else {}),
        **({"verifiedAdditionalAuthenticatedDataCrc32c": True} if checked_context else {}),
        "protectionLevel": version.body["protectionLevel"],
    }


@handles("cloudkms.cryptoKeys.decrypt")
def decrypt(call: Call) -> Json:
    """Decrypt what one of the key's versions encrypted."""
    key = standard.require(call)
    version, plaintext = decrypt_with(call.cloud, key, _given(call, "ciphertext")[0], _given(call, CONTEXT)[0])
    used_primary = key.hidden.get("primary") == version.id
    level = version.body["protectionLevel"]
    return {**_summed("plaintext", plaintext), "usedPrimary": used_primary, "protectionLevel": level}


def _version(call: Call, purpose: str) -> tuple[Resource, Json]:
    """The version a call uses, and what every answer says of it."""
    version = standard.require(call)
    _enabled(version, purpose, standard.require(call, KEY, version.parent))
    return version, {"name": version.name, "protectionLevel": version.body["protectionLevel"]}


@handles("cloudkms.cryptoKeyVersions.asymmetricSign")
def asymmetric_sign(call: Call) -> Json:
    """Sign a digest, or data that is hashed here."""
    version, shown = _version(call, "ASYMMETRIC_SIGN")
    algorithm = version.body["algorithm"]
    data, checked = _given(call, "data")
    signature = material.sign(version.hidden["material"], algorithm, _digest(call, algorithm, data), data)
    verification = {"verifiedDigestCrc32c": "digestCrc32c" in call.body, "verifiedDataCrc32c": checked}
    return {**shown, **_summed("signature", signature), **verification}


def _digest(call: Call, algorithm: str, data: bytes) -> bytes:
    given = call.body.get("digest") or {}
    if algorithm == "EC_SIGN_ED25519":
        if given:
            raise invalid(f"{algorithm} signs data, not a digest.")
        return b""
    if not given:
        return material.digest(algorithm, data)
    name = algorithm.rpartition("_")[2].lower()
    digest = decoded(str(given.get(name) or "")) or b""
    if len(digest) != material.digest_of(algorithm).digest_size:
        raise invalid(f"The digest must be a {name} digest, as algorithm {algorithm} needs it.")
    verified(call.body, "digest", digest)
    return digest


@handles("cloudkms.cryptoKeyVersions.getPublicKey")
def public_key(call: Call) -> Json:
    """The public half of a signing key."""
    version, shown = _version(call, "ASYMMETRIC_SIGN")
    pem = material.public_pem(version.hidden["material"])
    return {**shown, "pem": pem, "pemCrc32c": str(crc32c(pem.encode())), "algorithm": version.body["algorithm"]}


@handles("cloudkms.cryptoKeyVersions.macSign")
def mac_sign(call: Call) -> Json:
    """Authenticate data."""
    version, shown = _version(call, "MAC")
    data, checked = _given(call, "data")
    tag = material.mac(version.hidden["material"], version.body["algorithm"], data)
    return {**shown, **_summed("mac", tag), "verifiedDataCrc32c": checked}


@handles("cloudkms.cryptoKeyVersions.macVerify")
def mac_verify(call: Call) -> Json:
    """Say whether a tag belongs to data."""
    version, shown = _version(call, "MAC")
    (data, checked), (tag, checked_tag) = _given(call, "data"), _given(call, "mac")
    success = compare_digest(tag, material.mac(version.hidden["material"], version.body["algorithm"], data))
    verification = {"verifiedDataCrc32c": checked, "verifiedMacCrc32c": checked_tag}
    return {**shown, "success": success, "verifiedSuccessIntegrity": success, **verification}


@handles("cloudkms.locations.generateRandomBytes")
def random_bytes(call: Call) -> Json:
    """Random bytes, from the machine's generator instead of an HSM."""
    call.cloud.check_location(call.name)
    length = int(call.body.get("lengthBytes") or 0)
    if not 8 <= length <= 1024:
        raise invalid("length_bytes must be between 8 and 1024.")
    if call.body.get("protectionLevel") != "HSM":
        raise invalid("protection_level must be HSM.")
    return _summed("data", secrets.token_bytes(length))
