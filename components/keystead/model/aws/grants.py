"""The operations that a grant of AWS KMS may allow, by what the key is for."""

from collections.abc import Mapping

GRANT_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "encrypt": (
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
    ),
    "sign": ("DescribeKey", "GetPublicKey", "RetireGrant", "Sign", "Verify"),
    "mac": ("DescribeKey", "GenerateMac", "RetireGrant", "VerifyMac"),
}
"""From "Grant operations" of the AWS KMS developer guide, without CreateGrant: a grant that creates further grants
would give access that the spec does not show."""
