"""The operations of KMS that are answered or checked here; ministack answers the rest."""

from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Source
from keystead_sandbox.local_aws.identity.context import SERVICES
from keystead_sandbox.local_aws.kms import context, encryption, grants, key_policies, records
from keystead_sandbox.local_aws.kms.keys import Keys, described
from keystead_sandbox.local_aws.protocol.operations import answer_operations, check_operations

NOT_WHILE_PENDING_DELETION = (
    "CreateAlias",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ReplicateKey",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)
NOT_WHILE_DISABLED = ("DisableKeyRotation", "EnableKeyRotation")
ONLY_WITH_A_WORKING_KEY = ("GenerateMac", "Sign", "Verify", "VerifyMac")


def install(clock: Clock) -> Source:
    """Answer and check KMS here; the result is what happens to keys by itself."""
    keys = Keys(clock)
    answer_operations(
        "kms",
        {
            "CreateKey": partial(described, "CreateKey", "KeyMetadata"),
            "Decrypt": encryption.decrypt,
            "DescribeKey": partial(described, "DescribeKey", "KeyMetadata"),
            "EnableKeyRotation": keys.enable_rotation,
            "Encrypt": encryption.encrypt,
            "GenerateDataKey": encryption.data_key,
            "GenerateDataKeyPair": encryption.data_key_pair,
            "GenerateDataKeyPairWithoutPlaintext": partial(encryption.data_key_pair, plaintext=False),
            "GenerateDataKeyWithoutPlaintext": partial(encryption.data_key, plaintext=False),
            "GetKeyRotationStatus": keys.rotation_status,
            "ListKeyRotations": keys.rotations,
            "ReEncrypt": encryption.re_encrypt,
            "ReplicateKey": partial(described, "ReplicateKey", "ReplicaKeyMetadata"),
            "RotateKeyOnDemand": keys.rotate_now,
        },
    )
    check_operations("kms", dict.fromkeys(NOT_WHILE_DISABLED, partial(_check, records.refuse_disabled)))
    check_operations("kms", dict.fromkeys(NOT_WHILE_PENDING_DELETION, partial(_check, records.refuse_pending_deletion)))
    check_operations("kms", dict.fromkeys(ONLY_WITH_A_WORKING_KEY, partial(_check, records.usable)))
    check_operations("kms", dict.fromkeys(("CreateKey", "PutKeyPolicy", "ReplicateKey"), key_policies.check))
    check_operations("kms", {"CreateGrant": grants.check, "ReplicateKey": key_policies.may_create_replica})
    SERVICES["kms"] = context.CONTEXT
    return keys.due


def _check(refuse: Any, fields: dict[str, Any]) -> None:
    record = records.find(fields.get("TargetKeyId") or fields.get("KeyId"))
    if record is not None:
        refuse(record)
