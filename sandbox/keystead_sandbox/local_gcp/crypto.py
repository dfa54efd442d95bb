"""Cloud KMS: what keys do - encrypt, decrypt, sign, authenticate, random bytes. Source: Cloud KMS API v1 reference."""

import base64
import secrets
from hmac import compare_digest

from keystead_sandbox.local_gcp import material, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.checksums import crc32c, verified
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.keys import KEY, VERSION, not_enabled
from keystead_sandbox.local_gcp.resources import Resource
from keystead_sandbox.local_gcp.schema import basic, decoded

MOST_BYTES = 64 * 1024
UNDECIPHERABLE = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
WRONG = "Decryption failed: the ciphertext is invalid."


def _bytes(call: Call, field: str) -> bytes:
    return decoded(str(call.body.get(field) or "")) or b""


def _enabled(version: Resource, purpose: str, key: Resource) -> Resource:
    if key.body["purpose"] != purpose:
        raise precondition(f"{key.name} has purpose {key.body['purpose']}; this operation needs {purpose}.")
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
    for version in cloud.store.children(f"{key.name}/cryptoKeyVersions"):
        if version.hidden.get("mark") is None and version.hidden.get("material"):
            version.hidden["mark"] = version.hidden["material"][: material.MARK]
        if version.hidden.get("mark") == material.mark(ciphertext):
            _enabled(version, "ENCRYPT_DECRYPT", key)
            plaintext = material.decrypt(version.hidden["material"], ciphertext, context)
            if plaintext is None:
                raise invalid(WRONG)
            return version, plaintext
    raise invalid(UNDECIPHERABLE)


@handles("cloudkms.cryptoKeys.encrypt")
def encrypt(call: Call) -> Json:
    """Encrypt with the primary version, or with the version that is named."""
    plaintext, context = _bytes(call, "plaintext"), _bytes(call, "additionalAuthenticatedData")
    if len(plaintext) > MOST_BYTES:
        raise invalid("The plaintext must be no larger than 64KiB.")
    named = "/cryptoKeyVersions/" in call.name
    key = resources.require(call, KEY, call.name.partition("/cryptoKeyVersions/")[0])
    if named:
        version = _enabled(resources.require(call, VERSION, call.name), "ENCRYPT_DECRYPT", key)
    else:
        version = primary(call.cloud, key)
    checked = verified(call.body, "plaintext", plaintext)
    checked_context = verified(call.body, "additionalAuthenticatedData", context)
    ciphertext = material.encrypt(version.hidden["material"], plaintext, context)
    return {
        "name": version.name,
        "ciphertext": basic(ciphertext),
        "ciphertextCrc32c": str(crc32c(ciphertext)),
        **({"verifiedPlaintextCrc32c": True} if checked else {}),
        **({"verifiedAdditionalAuthenticatedDataCrc32c": True} if checked_context else {}),
        "protectionLevel": version.body["protectionLevel"],
    }


@handles("cloudkms.cryptoKeys.decrypt")
def decrypt(call: Call) -> Json:
    """Decrypt what one of the key's versions encrypted."""
    key = resources.require(call, KEY, call.name)
    ciphertext, context = _bytes(call, "ciphertext"), _bytes(call, "additionalAuthenticatedData")
    verified(call.body, "ciphertext", ciphertext)
    verified(call.body, "additionalAuthenticatedData", context)
    version, plaintext = decrypt_with(call.cloud, key, ciphertext, context)
    return {
        "plaintext": basic(plaintext),
        "plaintextCrc32c": str(crc32c(plaintext)),
        "usedPrimary": key.hidden.get("primary") == version.id,
        "protectionLevel": version.body["protectionLevel"],
    }


def _version(call: Call, purpose: str) -> Resource:
    version = resources.require(call, VERSION, call.name)
    return _enabled(version, purpose, resources.require(call, KEY, version.parent))


@handles("cloudkms.cryptoKeyVersions.asymmetricSign")
def asymmetric_sign(call: Call) -> Json:
    """Sign a digest, or data that is hashed here."""
    version = _version(call, "ASYMMETRIC_SIGN")
    algorithm = version.body["algorithm"]
    data, digest = _bytes(call, "data"), b""
    given = call.body.get("digest") or {}
    if algorithm == "EC_SIGN_ED25519":
        if given:
            raise invalid(f"{algorithm} signs data, not a digest.")
    elif given:
        name = algorithm.rpartition("_")[2].lower()
        digest = decoded(str(given.get(name) or "")) or b""
        if len(digest) != material.digest_of(algorithm).digest_size:
            raise invalid(f"The digest must be a {name} digest, as algorithm {algorithm} needs it.")
        verified(call.body, "digest", digest)
    else:
        digest = _hashed(algorithm, data)
    checked = verified(call.body, "data", data)
    signature = material.sign(version.hidden["material"], algorithm, digest, data)
    return {
        "name": version.name,
        "signature": basic(signature),
        "signatureCrc32c": str(crc32c(signature)),
        "verifiedDigestCrc32c": "digestCrc32c" in call.body,
        "verifiedDataCrc32c": checked,
        "protectionLevel": version.body["protectionLevel"],
    }


def _hashed(algorithm: str, data: bytes) -> bytes:
    return material.digest(algorithm, data)


@handles("cloudkms.cryptoKeyVersions.getPublicKey")
def public_key(call: Call) -> Json:
    """The public half of a signing key."""
    version = _version(call, "ASYMMETRIC_SIGN")
    pem = material.public_pem(version.hidden["material"])
    return {
        "name": version.name,
        "pem": pem,
        "pemCrc32c": str(crc32c(pem.encode())),
        "algorithm": version.body["algorithm"],
        "protectionLevel": version.body["protectionLevel"],
    }


@handles("cloudkms.cryptoKeyVersions.macSign")
def mac_sign(call: Call) -> Json:
    """Authenticate data."""
    version = _version(call, "MAC")
    data = _bytes(call, "data")
    checked = verified(call.body, "data", data)
    tag = material.mac(version.hidden["material"], version.body["algorithm"], data)
    return {
        "name": version.name,
        "mac": basic(tag),
        "macCrc32c": str(crc32c(tag)),
        "verifiedDataCrc32c": checked,
        "protectionLevel": version.body["protectionLevel"],
    }


@handles("cloudkms.cryptoKeyVersions.macVerify")
def mac_verify(call: Call) -> Json:
    """Say whether a tag belongs to data."""
    version = _version(call, "MAC")
    data, tag = _bytes(call, "data"), _bytes(call, "mac")
    checked, checked_tag = verified(call.body, "data", data), verified(call.body, "mac", tag)
    success = compare_digest(tag, material.mac(version.hidden["material"], version.body["algorithm"], data))
    return {
        "name": version.name,
        "success": success,
        "verifiedSuccessIntegrity": success,
        "verifiedDataCrc32c": checked,
        "verifiedMacCrc32c": checked_tag,
        "protectionLevel": version.body["protectionLevel"],
    }


@handles("cloudkms.locations.generateRandomBytes")
def random_bytes(call: Call) -> Json:
    """Random bytes from the (here: the machine's) generator."""
    call.cloud.check_location(call.name)
    length = int(call.body.get("lengthBytes") or 0)
    if not 8 <= length <= 1024:
        raise invalid("length_bytes must be between 8 and 1024.")
    if call.body.get("protectionLevel") != "HSM":
        raise invalid("protection_level must be HSM.")
    data = secrets.token_bytes(length)
    return {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc32c(data))}
