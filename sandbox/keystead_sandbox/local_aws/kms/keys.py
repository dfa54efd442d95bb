"""KMS keys through their life: states, rotation and deletion by the clock, key policies that are checked.

Sources: KMS API reference; developer guide, "Key states of AWS KMS keys" (which operation works when), "Rotate
AWS KMS keys", "Delete an AWS KMS key", "Default key policy" (lock-out check and principals that must exist).
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_aws.identity import principals
from keystead_sandbox.local_aws.kms import ciphertexts, key_policies
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer
from keystead_sandbox.local_aws.protocol.operations import add_operations, answering

Key = dict[str, Any]
Operation = Callable[[dict[str, Any]], Response]

NOT_WHILE_PENDING_DELETION = (
    "_create_alias",
    "_disable_key",
    "_disable_key_rotation",
    "_enable_key",
    "_enable_key_rotation",
    "_replicate_key",
    "_schedule_key_deletion",
    "_tag_resource",
    "_untag_resource",
    "_update_alias",
    "_update_key_description",
)
NOT_WHILE_DISABLED = ("_disable_key_rotation", "_enable_key_rotation")
PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
SHORTEST_PERIOD, LONGEST_PERIOD, DEFAULT_PERIOD = 90, 2560, 365


class Keys:
    """The operations of KMS that this package answers, and what happens to keys by itself."""

    def __init__(self, clock: Clock, service: Any) -> None:
        self._clock = clock
        self._service = service
        self._enable_rotation = ministack.original(service, "_enable_key_rotation")
        self._create_grant = ministack.original(service, "_create_grant")

    def enable_rotation(self, data: dict[str, Any]) -> Response:
        """The operation EnableKeyRotation; the first rotation comes one period after it was enabled."""
        record = self._find(data)
        period = int(data.get("RotationPeriodInDays") or record.get("RotationPeriodInDays") or DEFAULT_PERIOD)
        if "_symmetric_key" not in record:
            raise AwsError("UnsupportedOperationException", f"{record['Arn']} cannot be rotated automatically.")
        if not SHORTEST_PERIOD <= period <= LONGEST_PERIOD:
            message = f"RotationPeriodInDays must be between {SHORTEST_PERIOD} and {LONGEST_PERIOD}"
            raise AwsError("ValidationException", message)
        response: Response = self._enable_rotation({**data, "RotationPeriodInDays": period})
        record["_rotation_base"] = self._clock.now()
        return response

    def rotation_status(self, data: dict[str, Any]) -> Response:
        """The operation GetKeyRotationStatus."""
        record = self._primary(self._find(data))
        enabled = bool(record.get("KeyRotationEnabled"))
        status: dict[str, Any] = {"KeyId": record["Arn"], "KeyRotationEnabled": enabled}
        if enabled:
            status["RotationPeriodInDays"] = record["RotationPeriodInDays"]
            status["NextRotationDate"] = int(_next_rotation(record) or 0)
        return answer(status)

    def rotations(self, data: dict[str, Any]) -> Response:
        """The operation ListKeyRotations, completed rotations only."""
        record = self._find(data)
        return answer({"Rotations": list(record.get("_rotations", [])), "Truncated": False})

    def rotate_now(self, data: dict[str, Any]) -> Response:
        """The operation RotateKeyOnDemand."""
        record = self._find(data)
        ciphertexts.usable(record)
        if "_symmetric_key" not in record:
            raise AwsError("UnsupportedOperationException", f"{record['Arn']} cannot be rotated.")
        self._rotate(record, "ON_DEMAND")
        return answer({"KeyId": record["Arn"]})

    def create_grant(self, data: dict[str, Any]) -> Response:
        """The operation CreateGrant; the grantee must exist."""
        grantee = data.get("GranteePrincipal", "")
        if not grantee.endswith(".amazonaws.com") and principals.unknown({"AWS": grantee}):
            raise AwsError("InvalidArnException", f"ARN does not refer to a valid principal: {grantee}")
        response: Response = self._create_grant(data)
        return response

    def due(self, span: Span) -> Iterator[Due]:
        """Deletions and automatic rotations."""
        for (account, region, key_id), record in list(self._service._keys._data.items()):
            moment = record.get("DeletionDate")
            if moment and record["KeyState"] == "PendingDeletion" and moment <= span.until:
                key = (account, region, key_id)
                yield Due(moment, "key-deletion", record["Arn"], partial(self._delete, key, record))
            rotation = _next_rotation(record)
            if rotation and rotation <= span.until and record["KeyState"] == "Enabled" and _leads(record):
                yield Due(rotation, "key-rotation", record["Arn"], partial(self._rotate, record, "AUTOMATIC"))

    def _find(self, data: dict[str, Any]) -> Key:
        record: Key | None = self._service._resolve_key(data.get("KeyId"))
        if record is None:
            raise AwsError("NotFoundException", f"Key '{data.get('KeyId')}' does not exist")
        return record

    def _primary(self, record: Key) -> Key:
        account, region = record["Arn"].split(":")[4], record.get("_mrk_primary_region")
        primary: Key = self._service._keys._data.get((account, region, record["KeyId"]), record)
        return primary

    def _rotate(self, record: Key, kind: str) -> str:
        now = int(self._clock.now())
        fresh = os.urandom(32)
        for _, region, key_id in [key for key in self._service._keys._data if key[2] == record["KeyId"]]:
            member = self._service._keys._data[(record["Arn"].split(":")[4], region, key_id)]
            member["_old_materials"] = [member["_symmetric_key"], *member.get("_old_materials", ())]
            member["_symmetric_key"] = fresh
            rotation = {"KeyId": member["Arn"], "RotationDate": now, "RotationType": kind}
            member["_rotations"] = [rotation, *member.get("_rotations", ())]
            if kind == "AUTOMATIC":
                member["_rotation_base"] = self._clock.now()
        return "rotated"

    def _delete(self, key: tuple[str, str, str], record: Key) -> str:
        account, region, key_id = key
        if self._service._keys._data.get(key) is not record or record["KeyState"] != "PendingDeletion":
            return "kept"
        del self._service._keys._data[key]
        for stored in (self._service._aliases, self._service._grants):
            for scoped, value in list(stored._data.items()):
                owner = value["KeyId"] if isinstance(value, dict) else value
                if scoped[:2] == (account, region) and owner in {key_id, record["Arn"]}:
                    del stored._data[scoped]
        return "deleted"


def install(clock: Clock) -> Callable[[Span], Iterator[Due]]:
    """Put the corrected operations into ministack's KMS; the answer is what happens to keys by itself."""
    service = ministack.module("services.kms")
    keys = Keys(clock, service)
    fields = ministack.original(service, "_KEY_MATERIAL_FIELDS")
    ministack.replace(service, "_KEY_MATERIAL_FIELDS", (*fields, "_old_materials"))
    ciphertexts.install(service)
    key_policies.install(service)
    for name, operation in (("_encrypt", ciphertexts.encrypt), ("_decrypt", ciphertexts.decrypt)):
        known = ministack.original(service, name)
        ministack.replace(service, name, answering(partial(operation, known=known)))
    ministack.replace(service, "_enable_key_rotation", answering(keys.enable_rotation))
    ministack.replace(service, "_get_key_rotation_status", answering(keys.rotation_status))
    ministack.replace(service, "_create_grant", answering(keys.create_grant))
    ministack.wrap(service, "_check_key_state", _stricter)
    for name in NOT_WHILE_PENDING_DELETION:
        guarded = _guarded(service, ministack.original(service, name), name)
        ministack.replace(service, name, answering(guarded))
    missing: dict[str, Operation] = {
        "ReEncrypt": ciphertexts.re_encrypt,
        "ListKeyRotations": keys.rotations,
        "RotateKeyOnDemand": keys.rotate_now,
    }
    add_operations(service, missing)
    return keys.due


def _stricter(known: Any) -> Any:
    def check(record: Key) -> Any:
        refusal = known(record)
        if refusal is None and record["KeyState"] in PENDING:
            return AwsError("KMSInvalidStateException", f"{record['Arn']} is pending deletion.").response()
        return refusal

    return check


def _guarded(service: Any, known: Operation, name: str) -> Operation:
    def guarded(data: dict[str, Any]) -> Response:
        record = service._resolve_key(data.get("TargetKeyId") or data.get("KeyId"))
        if record is not None and record["KeyState"] in PENDING:
            raise AwsError("KMSInvalidStateException", f"{record['Arn']} is pending deletion.")
        if record is not None and record["KeyState"] == "Disabled" and name in NOT_WHILE_DISABLED:
            raise AwsError("DisabledException", f"{record['Arn']} is disabled.")
        return known(data)

    return guarded


def _next_rotation(record: Key) -> float | None:
    if not record.get("KeyRotationEnabled") or "_symmetric_key" not in record:
        return None
    base = record.get("_rotation_base") or record["CreationDate"]
    return float(base + record["RotationPeriodInDays"] * DAY)


def _leads(record: Key) -> bool:
    """Replicas of a multi-Region key rotate with their primary."""
    return not record.get("MultiRegion") or record.get("_mrk_type") == "PRIMARY"
