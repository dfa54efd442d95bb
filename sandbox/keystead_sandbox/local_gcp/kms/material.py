"""Key material of Cloud KMS versions and what it does, with real cryptography.

Source: Cloud KMS guide, "Key purposes and algorithms". AES-256-GCM for symmetric keys; the ciphertext starts with a
mark of the version that made it, as Google's does, so that decrypt finds it.
"""

import secrets
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK, NONCE = 12, 12
HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1,
    "SHA224": hashes.SHA224,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}

ALGORITHMS = {
    "ENCRYPT_DECRYPT": ("GOOGLE_SYMMETRIC_ENCRYPTION",),
    "ASYMMETRIC_SIGN": (
        "EC_SIGN_P256_SHA256",
        "EC_SIGN_P384_SHA384",
        "EC_SIGN_ED25519",
        "RSA_SIGN_PSS_2048_SHA256",
        "RSA_SIGN_PSS_3072_SHA256",
        "RSA_SIGN_PSS_4096_SHA256",
        "RSA_SIGN_PSS_4096_SHA512",
        "RSA_SIGN_PKCS1_2048_SHA256",
        "RSA_SIGN_PKCS1_3072_SHA256",
        "RSA_SIGN_PKCS1_4096_SHA256",
        "RSA_SIGN_PKCS1_4096_SHA512",
    ),
    "MAC": ("HMAC_SHA256", "HMAC_SHA1", "HMAC_SHA384", "HMAC_SHA512", "HMAC_SHA224"),
}
"""What the sandbox serves, by purpose."""


def make(algorithm: str) -> Any:
    """New material for an algorithm."""
    if algorithm == "GOOGLE_SYMMETRIC_ENCRYPTION":
        return secrets.token_bytes(MARK) + AESGCM.generate_key(256)
    if algorithm.startswith("HMAC"):
        return secrets.token_bytes(HASHES[algorithm[5:]]().digest_size)
    if algorithm == "EC_SIGN_ED25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("EC_SIGN"):
        return ec.generate_private_key(ec.SECP256R1() if "P256" in algorithm else ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(algorithm.split("_")[3]))


def encrypt(material: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Encrypt with a version's material."""
    nonce = secrets.token_bytes(NONCE)
    return material[:MARK] + nonce + AESGCM(material[MARK:]).encrypt(nonce, plaintext, context)


def made(material: bytes, ciphertext: bytes) -> bool:
    """Whether a version's material made a ciphertext, going by the mark at its start."""
    return material[:MARK] == ciphertext[:MARK]


def decrypt(material: bytes, ciphertext: bytes, context: bytes) -> bytes | None:
    """Decrypt; None where the ciphertext or the context does not match."""
    try:
        nonce = ciphertext[MARK : MARK + NONCE]
        return AESGCM(material[MARK:]).decrypt(nonce, ciphertext[MARK + NONCE :], context)
    except (InvalidTag, ValueError):
        return None


def digest_of(algorithm: str) -> hashes.HashAlgorithm:
    """The hash an algorithm works with."""
    return HASHES[algorithm.rpartition("_")[2]]()


def sign(material: Any, algorithm: str, digest: bytes, data: bytes) -> bytes:
    """Sign a digest, or for Ed25519 the data."""
    if algorithm == "EC_SIGN_ED25519":
        signature: bytes = material.sign(data)
        return signature
    hashed = utils.Prehashed(digest_of(algorithm))
    if algorithm.startswith("EC"):
        signature = material.sign(digest, ec.ECDSA(hashed))
    elif "_PSS_" in algorithm:
        length = digest_of(algorithm).digest_size
        signature = material.sign(digest, padding.PSS(padding.MGF1(digest_of(algorithm)), length), hashed)
    else:
        signature = material.sign(digest, padding.PKCS1v15(), hashed)
    return signature


def public_pem(material: Any) -> str:
    """The public half, as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem: bytes = material.public_key().public_bytes(serialization.Encoding.PEM, form)
    return pem.decode()


def mac(material: bytes, algorithm: str, data: bytes) -> bytes:
    """The HMAC of some data."""
    made = hmac.HMAC(material, digest_of(algorithm))
    made.update(data)
    return made.finalize()


def digest(algorithm: str, data: bytes) -> bytes:
    """Data hashed as an algorithm wants it."""
    made = hashes.Hash(digest_of(algorithm))
    made.update(data)
    return made.finalize()
