"""Uses of keys and the operations a KMS grant may hand out for each."""

from collections.abc import Mapping
from typing import Literal

KeyUse = Literal["encrypt", "sign", "mac"]
"""What a key is for: AES-256 encryption, ECC P-256 signatures, HMAC-256 authentication codes."""

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
"""Operations by use, from "Grant operations" of the AWS KMS developer guide, without CreateGrant: a grant that grants
on leaves the spec."""
