"""Numbers of the enums that are not numbered in the order of the discovery documents, by their first value.

Google's REST clients send enums as numbers. Source: google/cloud/kms/v1/resources.proto and
google/cloud/secretmanager/v1/resources.proto, as in google-cloud-kms 3.18.0; a test compares them.
"""

IRREGULAR: dict[str, dict[int, str]] = {
    "CRYPTO_KEY_PURPOSE_UNSPECIFIED": {
        1: "ENCRYPT_DECRYPT",
        5: "ASYMMETRIC_SIGN",
        6: "ASYMMETRIC_DECRYPT",
        7: "RAW_ENCRYPT_DECRYPT",
        9: "MAC",
        10: "KEY_ENCAPSULATION",
        11: "AES_WRAPPING",
    },
    "CRYPTO_KEY_VERSION_STATE_UNSPECIFIED": {
        1: "ENABLED",
        2: "DISABLED",
        3: "DESTROYED",
        4: "DESTROY_SCHEDULED",
        5: "PENDING_GENERATION",
        6: "PENDING_IMPORT",
        7: "IMPORT_FAILED",
        8: "GENERATION_FAILED",
        9: "PENDING_EXTERNAL_DESTRUCTION",
        10: "EXTERNAL_DESTRUCTION_FAILED",
    },
    "CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED": {
        1: "GOOGLE_SYMMETRIC_ENCRYPTION",
        2: "RSA_SIGN_PSS_2048_SHA256",
        3: "RSA_SIGN_PSS_3072_SHA256",
        4: "RSA_SIGN_PSS_4096_SHA256",
        5: "RSA_SIGN_PKCS1_2048_SHA256",
        6: "RSA_SIGN_PKCS1_3072_SHA256",
        7: "RSA_SIGN_PKCS1_4096_SHA256",
        12: "EC_SIGN_P256_SHA256",
        13: "EC_SIGN_P384_SHA384",
        15: "RSA_SIGN_PSS_4096_SHA512",
        16: "RSA_SIGN_PKCS1_4096_SHA512",
        32: "HMAC_SHA256",
        33: "HMAC_SHA1",
        34: "HMAC_SHA384",
        35: "HMAC_SHA512",
        36: "HMAC_SHA224",
        40: "EC_SIGN_ED25519",
    },
    "SECRET_TYPE_UNSPECIFIED": {
        1: "CLOUD_SQL_DB_CREDENTIALS",
        2: "ACCESS_KEY",
        3: "CERTIFICATE",
        4: "OTHER_DB_CREDENTIALS",
        50: "OTHER",
    },
}


def name_of(names: tuple[str, ...], number: int) -> str | None:
    """The name of a value by its number; None where the sandbox serves no such value."""
    irregular = IRREGULAR.get(names[0])
    if irregular is not None:
        return names[0] if number == 0 else irregular.get(number)
    return names[number] if 0 <= number < len(names) else None
