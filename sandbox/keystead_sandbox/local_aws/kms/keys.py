"""KMS keys through their life: material, rotation and deletion by the clock.

Sources: KMS API reference; developer guide, "Rotate AWS KMS keys" and "Delete an AWS KMS key".
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.kms.context import aliases
from keystead_sandbox.local_aws.kms.records import Key, is_symmetric, required
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer
from keystead_sandbox.local_aws.protocol.in_process import account_of, call, region_of, result, within

Fields = dict[str, Any]

SHORTEST_PERIOD, LONGEST_PERIOD, DEFAULT_PERIOD = 90, 2560, 365


class Keys:
    """Rotation and deletion of the account's keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def enable_rotation(self, fields: Fields) -> Response:
        """The operation EnableKeyRotation; the first rotation comes one period after it was enabled."""
        record = required(fields.get("KeyId"))
        period = int(fields.get("RotationPeriodInDays") or record.get("RotationPeriodInDays") or DEFAULT_PERIOD)
        if not is_symmetric(record):
            raise AwsError("UnsupportedOperationException", f"{record['Arn']} cannot be rotated automatically.")
        if not SHORTEST_PERIOD <= period <= LONGEST_PERIOD:
            message = f"RotationPeriodInDays must be between {SHORTEST_PERIOD} and {LONGEST_PERIOD}"
            raise AwsError("ValidationException", message)
        record["RotationBase"] = self._clock.now()
        return call("kms", "EnableKeyRotation", {**fields, "RotationPeriodInDays": period})

    def rotation_status(self, fields: Fields) -> Response:
        """The operation GetKeyRotationStatus."""
        record = _primary(required(fields.get("KeyId")))
        enabled = bool(record.get("KeyRotationEnabled"))
        status: Fields = {"KeyId": record["Arn"], "KeyRotationEnabled": enabled}
        if enabled:
            status["RotationPeriodInDays"] = record["RotationPeriodInDays"]
            status["NextRotationDate"] = int(_next_rotation(record) or 0)
        return answer(status)

    def rotations(self, fields: Fields) -> Response:
        """The operation ListKeyRotations, completed rotations only."""
        record = required(fields.get("KeyId"))
        return answer({"Rotations": list(record.get("Rotations", [])), "Truncated": False})

    def rotate_now(self, fields: Fields) -> Response:
        """The operation RotateKeyOnDemand."""
        record = required(fields.get("KeyId"))
        records.usable(record)
        if not is_symmetric(record):
            raise AwsError("UnsupportedOperationException", f"{record['Arn']} cannot be rotated.")
        self._rotate(record, "ON_DEMAND")
        return answer({"KeyId": record["Arn"]})

    def due(self, span: Span) -> Iterator[Due]:
        """Deletions and automatic rotations."""
        for key, record in records.everywhere().items():
            timestamp = record.get("DeletionDate")
            if timestamp and record["KeyState"] == "PendingDeletion" and timestamp <= span.until:
                yield Due(timestamp, "key-deletion", record["Arn"], partial(_delete, key, record))
            rotation = _next_rotation(record)
            if not rotation or rotation > span.until or record["KeyState"] != "Enabled":
                continue
            if _primary(record) is record:
                yield Due(rotation, "key-rotation", record["Arn"], partial(self._rotate, record, "AUTOMATIC"))

    def _rotate(self, record: Key, kind: str) -> str:
        records.renew(record)
        for key, member in records.everywhere().items():
            if key[2] == record["KeyId"]:
                rotation = {"KeyId": member["Arn"], "RotationDate": int(self._clock.now()), "RotationType": kind}
                member["Rotations"] = [rotation, *member.get("Rotations", ())]
                if kind == "AUTOMATIC":
                    member["RotationBase"] = self._clock.now()
        return "rotated"


def described(operation: str, member: str, fields: Fields) -> Response:
    """CreateKey, DescribeKey and ReplicateKey of ministack, with the id of the sandbox's key material."""
    content = result("kms", operation, fields)
    about = content[member]
    if "CurrentKeyMaterialId" in about:
        about["CurrentKeyMaterialId"] = records.material_id(about)
    return answer(content)


def _primary(record: Key) -> Key:
    """The primary of a multi-Region key, with which its replicas rotate; any other key itself."""
    if not record.get("MultiRegion"):
        return record
    with within(account_of(record["Arn"]), region_of(record["Arn"])):
        about = result("kms", "DescribeKey", {"KeyId": record["KeyId"]})["KeyMetadata"]
    region = about["MultiRegionConfiguration"]["PrimaryKey"]["Region"]
    return records.everywhere().get((account_of(record["Arn"]), region, record["KeyId"]), record)


def _delete(key: tuple[str, str, str], record: Key) -> str:
    if records.everywhere().get(key) is not record or record["KeyState"] != "PendingDeletion":
        return "kept"
    with within(*key[:2]):
        for alias in aliases(key[2]):
            result("kms", "DeleteAlias", {"AliasName": alias})
    records.remove(key)
    return "deleted"


def _next_rotation(record: Key) -> float | None:
    if not record.get("KeyRotationEnabled") or not is_symmetric(record):
        return None
    base = record.get("RotationBase") or record["CreationDate"]
    return float(base + record["RotationPeriodInDays"] * DAY)
