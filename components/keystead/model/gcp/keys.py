"""What Cloud KMS calls the uses of keys."""

from collections.abc import Mapping

PURPOSE: Mapping[str, str] = {"encrypt": "ENCRYPT_DECRYPT", "sign": "ASYMMETRIC_SIGN", "mac": "MAC"}
"""Purpose by the use of a key. It is immutable (API reference, CryptoKey.purpose)."""
ALGORITHM: Mapping[str, str] = {
    "encrypt": "GOOGLE_SYMMETRIC_ENCRYPTION",
    "sign": "EC_SIGN_P256_SHA256",
    "mac": "HMAC_SHA256",
}
"""Algorithm of new versions by the use of a key."""


def protection_level(*, hsm: bool) -> str:
    """Return the level of a key's versions. It is immutable (API reference, CryptoKeyVersionTemplate)."""
    return "HSM" if hsm else "SOFTWARE"
