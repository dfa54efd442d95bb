"""KMS keys as ministack keeps them, their symmetric key material, and the rules of their states.

Key material is kept here, newest first and one list per key id, which the replicas of a multi-Region key share.
"""

import hashlib
import os
from typing import Any

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError

Key = dict[str, Any]

PENDING_DELETION = frozenset({"PendingDeletion", "PendingReplicaDeletion"})

_materials: dict[str, list[bytes]] = {}


def find(key_id: str | None) -> Key | None:
    """The key with this id, ARN or alias."""
    found: Key | None = ministack.get("services.kms", "_resolve_key")(key_id) if key_id else None
    return found


def required(key_id: str | None) -> Key:
    """The key a request names; AWS's refusal when there is none."""
    record = find(key_id)
    if record is None:
        raise AwsError("NotFoundException", f"Key '{key_id}' does not exist")
    return record


def everywhere() -> dict[tuple[str, str, str], Key]:
    """All keys of all regions: (account, region, id) -> key."""
    return ministack.everywhere(ministack.get("services.kms", "_keys"))


def remove(key: tuple[str, str, str]) -> None:
    """Forget a key; its material goes with the last member of a multi-Region key."""
    ministack.get("services.kms", "_keys").pop_scoped(*key)
    if all(other[2] != key[2] for other in everywhere()):
        _materials.pop(key[2], None)


def is_symmetric(record: Key) -> bool:
    """Whether a key encrypts with material that never leaves KMS."""
    return bool(record["KeySpec"] == "SYMMETRIC_DEFAULT")


def materials(record: Key) -> list[bytes]:
    """The material of a symmetric key, newest first."""
    return _materials.setdefault(record["KeyId"], [os.urandom(32)])


def material_id(record: Key) -> str:
    """What KMS calls KeyMaterialId of the newest material."""
    return hashlib.sha256(b"keystead sandbox key material id" + materials(record)[0]).hexdigest()


def renew(record: Key) -> None:
    """Give a key, and all members of a multi-Region key, new material; the old stays for decryption."""
    materials(record).insert(0, os.urandom(32))


def usable(record: Key) -> None:
    """Refuse a key whose state does not let it work (developer guide, "Key states of AWS KMS keys")."""
    refuse_pending_deletion(record)
    if record["KeyState"] == "PendingImport":
        raise AwsError("KMSInvalidStateException", f"{record['Arn']} is pending import.")
    refuse_disabled(record)


def refuse_pending_deletion(record: Key) -> None:
    """Refuse what cannot be done with a key that is going to be deleted."""
    if record["KeyState"] in PENDING_DELETION:
        raise AwsError("KMSInvalidStateException", f"{record['Arn']} is pending deletion.")


def refuse_disabled(record: Key) -> None:
    """Refuse what cannot be done with a disabled key."""
    if record["KeyState"] == "Disabled":
        raise AwsError("DisabledException", f"{record['Arn']} is disabled.")
