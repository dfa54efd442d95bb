"""Replicas of secrets: a value comes to another region in the name of its writer, who needs both regions' keys for it.

Sources: API reference, ReplicateSecretToRegions ("Required permissions") and ReplicationStatusType; user guide,
"Troubleshoot replication": a replica without any version is removed, one with versions stays as it was. AWS documents
neither the text about a key nor when it tries again; here the next change of the secret does, in the name of whoever
makes it, and the account by itself never does.
"""

import copy
from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer, invalid_parameter, invalid_request
from keystead_sandbox.local_aws.secrets_manager import encryption as secrets_keys
from keystead_sandbox.local_aws.secrets_manager.store import Secret, find, has_value, store, writable

SUCCEEDED = "Replication succeeded"
SAME_REGION = "The replica region can't be the same as the primary secret region."

Status = dict[str, Any]


def replicate(data: dict[str, Any]) -> Response:
    """The operation ReplicateSecretToRegions."""
    secret = writable(data.get("SecretId"))
    return answer({"ARN": secret["ARN"], "ReplicationStatus": add(secret, data)})


def add(secret: Secret, data: dict[str, Any]) -> list[Status]:
    """Bring a secret to the regions of a request; how its replication stands afterwards."""
    wanted = data.get("AddReplicaRegions") or []
    if _place(secret)[1] in {one.get("Region") for one in wanted}:
        raise invalid_parameter(SAME_REGION)
    statuses: list[Status] = secret["ReplicationStatus"]
    for one in wanted:
        status = next((known for known in statuses if known["Region"] == one["Region"]), None)
        if status is None:
            status = {"Region": one["Region"]}
            statuses.append(status)
        if one.get("KmsKeyId"):
            status["KmsKeyId"] = one["KmsKeyId"]
        _bring(secret, status, overwrite=bool(data.get("ForceOverwriteReplicaSecret")))
    return statuses


def remove(data: dict[str, Any]) -> Response:
    """The operation RemoveRegionsFromReplication."""
    secret = writable(data.get("SecretId"))
    regions = data.get("RemoveReplicaRegions") or []
    present = {status["Region"] for status in secret.get("ReplicationStatus", [])}
    unknown = sorted(set(regions) - present)
    if unknown:
        raise invalid_parameter(f"Secret {secret['Name']} is not replicated to {', '.join(unknown)}.")
    removed = [status for status in secret["ReplicationStatus"] if status["Region"] in regions]
    kept = [status for status in secret["ReplicationStatus"] if status["Region"] not in regions]
    store()._delete_replicas({**secret, "ReplicationStatus": removed})
    secret["ReplicationStatus"] = kept
    return answer({"ARN": secret["ARN"], "ReplicationStatus": kept})


def promote(data: dict[str, Any]) -> Response:
    """The operation StopReplicationToReplica, called in the replica's region."""
    secret = find(data.get("SecretId"))
    if not secret.get("_PrimarySecretArn"):
        raise invalid_request("You can't stop replication of a secret that is not a replica.")
    store()._unlink_from_primary(secret)
    del secret["_PrimarySecretArn"], secret["_PrimaryRegion"]
    return answer({"ARN": secret["ARN"]})


def sync(secret: Secret) -> None:
    """Bring what has changed in a secret to its replicas."""
    for status in secret.get("ReplicationStatus", []):
        _bring(secret, status)


def _bring(secret: Secret, status: Status, *, overwrite: bool = False) -> None:
    account, region, name = _place(secret)[0], status["Region"], secret["Name"]
    arn = store()._secret_arn_for_region(secret, region)
    stored: Secret | None = store()._secrets.get_scoped(account, region, name)
    if stored is not None and stored["ARN"] != arn:
        if not overwrite:
            _fail(status, f"Secret name {name} already exists in region {region}.")
            return
        store()._cleanup_overwritten_secret(stored)
        store()._resource_policies.pop_scoped(account, region, stored["ARN"], None)
        stored = None
    missing = _missing(secret, status, stored)
    if missing and requests.current() is None:
        return
    obstacle = _obstacle(secret, arn, status.get("KmsKeyId"), missing)
    if not obstacle:
        _store(secret, status, arn, new=stored is None)
        return
    _fail(status, obstacle)
    if stored is not None and not any(has_value(version) for version in stored["Versions"].values()):
        store()._delete_replicas({**secret, "ReplicationStatus": [status]})


def _missing(secret: Secret, status: Status, stored: Secret | None) -> list[str]:
    """The versions that have no value in the replica yet, or none encrypted with the key it shall have."""
    same_key = stored is not None and stored.get("KmsKeyId") == status.get("KmsKeyId")
    held = stored["Versions"] if stored is not None and same_key else {}
    return [
        version_id
        for version_id, version in secret["Versions"].items()
        if has_value(version) and not has_value(held.get(version_id))
    ]


def _obstacle(secret: Secret, arn: str, key_id: str | None, version_ids: list[str]) -> str:
    try:
        for version_id in version_ids:
            secrets_keys.may_replicate(secret, arn, key_id, version_id)
    except AwsError as error:
        return error.message
    return ""


def _store(secret: Secret, status: Status, arn: str, *, new: bool) -> None:
    account, primary_region = _place(secret)
    replica = {
        **copy.deepcopy(secret),
        "ARN": arn,
        "KmsKeyId": status.get("KmsKeyId"),
        "ReplicationStatus": [],
        "_PrimarySecretArn": secret["ARN"],
        "_PrimaryRegion": primary_region,
    }
    store()._secrets.set_scoped(account, status["Region"], secret["Name"], replica)
    policies = store()._resource_policies
    policy = policies.get_scoped(account, primary_region, secret["ARN"])
    if new and policy is not None:
        policies.set_scoped(account, status["Region"], arn, policy)
    status |= {"Status": "InSync", "StatusMessage": SUCCEEDED}


def _fail(status: Status, why: str) -> None:
    status |= {"Status": "Failed", "StatusMessage": f"Replication failed: {why}"}


def _place(secret: Secret) -> tuple[str, str]:
    _arn, _partition, _service, region, account, *_rest = secret["ARN"].split(":")
    return account, region
