"""What AWS KMS calls the uses of keys."""

from collections.abc import Mapping

KEY_USAGE: Mapping[str, str] = {"encrypt": "ENCRYPT_DECRYPT", "sign": "SIGN_VERIFY", "mac": "GENERATE_VERIFY_MAC"}
"""KeyUsage by the use of a key. It is fixed when the key is created (API reference, CreateKey)."""
KEY_SPEC: Mapping[str, str] = {"encrypt": "SYMMETRIC_DEFAULT", "sign": "ECC_NIST_P256", "mac": "HMAC_256"}
"""KeySpec by the use of a key; fixed as well."""
