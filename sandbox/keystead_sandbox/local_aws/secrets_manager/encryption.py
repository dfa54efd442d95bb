"""Secrets encrypted by a customer's KMS key need that key, and the caller's own permission for it.

Source: Secrets Manager user guide, "Secret encryption and decryption": Secrets Manager uses the key with the caller's
permissions (GenerateDataKey and Decrypt to write, Decrypt to read), kms:ViaService names it with the key's region, and
the encryption context holds SecretARN and SecretVersionId; without a value to encrypt, both are
`RequestToValidateKeyAccess`. To a replica, a value goes as ReplicateSecretToRegions documents. Error texts are those of
the API reference (EncryptionFailure, DecryptionFailure) and of AWS's own "Access to KMS is not allowed".
"""

from typing import Any

from keystead_sandbox.local_aws.identity.authorization import permitted
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.protocol.errors import AwsError, access_denied
from keystead_sandbox.local_aws.protocol.in_process import account_of, here, region_of, within
from keystead_sandbox.local_aws.secrets_manager.store import Secret

UNUSABLE_FOR_WRITING = (
    "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
    "Check that the KMS key is available, enabled, and not in an invalid state."
)
UNUSABLE_FOR_READING = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
PROBE = "RequestToValidateKeyAccess"
MANAGED_ALIAS = "alias/aws/secretsmanager"


def may_decrypt(secret: Secret, version_id: str) -> None:
    """Refuse to read a version unless its key is usable and the caller may decrypt with it."""
    _use(secret.get("KmsKeyId"), ("kms:Decrypt",), secret["ARN"], version_id, "DecryptionFailure")


def may_encrypt(secret: Secret, version_id: str) -> None:
    """Refuse to write a version unless the secret's key is usable and the caller may encrypt with it."""
    _use(secret.get("KmsKeyId"), ("kms:GenerateDataKey", "kms:Decrypt"), secret["ARN"], version_id, "EncryptionFailure")


def may_choose(key_id: str | None) -> None:
    """Refuse a key for a secret without value unless the caller may use it."""
    _use(key_id, ("kms:GenerateDataKey", "kms:Decrypt"), PROBE, PROBE, "EncryptionFailure")


def may_replicate(secret: Secret, replica_arn: str, replica_key: str | None, version_id: str) -> None:
    """Refuse to bring a version to another region unless the caller may decrypt it here and encrypt it there."""
    may_decrypt(secret, version_id)
    with within(account_of(replica_arn), region_of(replica_arn)):
        _use(replica_key, ("kms:GenerateDataKey", "kms:Encrypt"), replica_arn, version_id, "EncryptionFailure")


def _use(key_id: str | None, actions: tuple[str, ...], arn: str, version_id: str, failure: str) -> None:
    if not key_id or key_id.endswith(MANAGED_ALIAS):
        return
    key = records.find(key_id)
    if key is None or key["KeyState"] != "Enabled" or not records.is_symmetric(key):
        text = UNUSABLE_FOR_READING if failure == "DecryptionFailure" else UNUSABLE_FOR_WRITING
        raise AwsError(failure, text)
    context = _context(arn, version_id)
    if not all(permitted(action, key["Arn"], context) for action in actions):
        raise access_denied("Access to KMS is not allowed")


def _context(arn: str, version_id: str) -> dict[str, Any]:
    return {
        "kms:ViaService": f"secretsmanager.{here()[1]}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": arn,
        "kms:EncryptionContext:SecretVersionId": version_id,
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
        "aws:ViaAWSService": "true",
    }
