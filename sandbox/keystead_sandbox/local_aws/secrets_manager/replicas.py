"""Replicas of secrets: a value comes to another region in the name of its writer, who needs both regions' keys for it.

Sources: API reference, ReplicateSecretToRegions ("Required permissions") and ReplicationStatusType; user guide,
"Troubleshoot replication": a replica without any version is removed when its replication fails, one with versions stays
as it was; "Monitor cross-account replication": InSync means that the replica holds the value, so that without one the
status stays InProgress. AWS documents neither the text about a key nor when it tries again; here the next change of the
secret does, in the name of whoever makes it, and the account by itself never does.
"""

import copy
from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer, invalid_parameter, invalid_request
from keystead_sandbox.local_aws.protocol.in_process import account_of, region_of
from keystead_sandbox.local_aws.secrets_manager import encryption, store

SUCCEEDED = "Replication succeeded"
SAME_REGION = "The replica region can't be the same as the primary secret region."

OWN = frozenset({"KmsKeyId", "ResourcePolicy"})
"""What a replica does not take over from its primary secret with every change."""

Status = dict[str, Any]


def replicate(data: dict[str, Any]) -> Response:
    """The operation ReplicateSecretToRegions."""
    secret = store.writable(data.get("SecretId"))
    return answer({"ARN": secret["ARN"], "ReplicationStatus": add(secret, data)})


def add(secret: store.Secret, data: dict[str, Any]) -> list[Status]:
    """Bring a secret to the regions of a request; how its replication stands afterwards."""
    wanted = data.get("AddReplicaRegions") or []
    if region_of(secret["ARN"]) in {one.get("Region") for one in wanted}:
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
    secret = store.writable(data.get("SecretId"))
    regions = data.get("RemoveReplicaRegions") or []
    unknown = sorted(set(regions) - {status["Region"] for status in secret["ReplicationStatus"]})
    if unknown:
        raise invalid_parameter(f"Secret {secret['Name']} is not replicated to {', '.join(unknown)}.")
    for replica in followers(secret):
        if region_of(replica["ARN"]) in regions:
            store.forget(replica)
    secret["ReplicationStatus"] = [one for one in secret["ReplicationStatus"] if one["Region"] not in regions]
    return answer({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})


def promote(data: dict[str, Any]) -> Response:
    """The operation StopReplicationToReplica, called in the replica's region."""
    secret = store.find(data.get("SecretId"))
    if not store.is_replica(secret):
        raise invalid_request("You can't stop replication of a secret that is not a replica.")
    _leave(secret)
    del secret["PrimaryArn"]
    return answer({"ARN": secret["ARN"]})


def sync(secret: store.Secret) -> None:
    """Bring what has changed in a secret to its replicas."""
    for status in secret["ReplicationStatus"]:
        _bring(secret, status)


def followers(secret: store.Secret) -> list[store.Secret]:
    """The replicas that a secret has now."""
    found = [_replica(secret, status["Region"]) for status in secret["ReplicationStatus"]]
    return [replica for replica in found if replica is not None]


def purge(secret: store.Secret) -> None:
    """Remove a secret with its replicas."""
    for one in (*followers(secret), secret):
        store.forget(one)


def _arn_in(secret: store.Secret, region: str) -> str:
    parts = secret["ARN"].split(":")
    return ":".join((*parts[:3], region, *parts[4:]))


def _replica(secret: store.Secret, region: str) -> store.Secret | None:
    return store.same((account_of(secret["ARN"]), region, secret["Name"]), _arn_in(secret, region))


def _leave(replica: store.Secret) -> None:
    """Take a replica off the list of its primary secret."""
    region = region_of(replica["ARN"])
    primary = store.at((account_of(replica["ARN"]), region_of(replica["PrimaryArn"]), replica["Name"]))
    if primary is not None and primary["ARN"] == replica["PrimaryArn"]:
        primary["ReplicationStatus"] = [one for one in primary["ReplicationStatus"] if one["Region"] != region]


def _bring(secret: store.Secret, status: Status, *, overwrite: bool = False) -> None:
    region, arn = status["Region"], _arn_in(secret, status["Region"])
    stored = store.at((account_of(arn), region, secret["Name"]))
    if stored is not None and stored["ARN"] != arn:
        if not overwrite:
            _fail(status, f"Secret name {secret['Name']} already exists in region {region}.")
            return
        if store.is_replica(stored):
            _leave(stored)
        purge(stored)
        stored = None
    missing = _missing(secret, status, stored)
    if missing and requests.current() is None:
        return
    obstacle = _obstacle(secret, arn, status.get("KmsKeyId"), missing)
    if not obstacle:
        _store(secret, status, arn, stored)
        return
    _fail(status, obstacle)
    if stored is not None and not any(store.has_value(version) for version in stored["Versions"].values()):
        store.forget(stored)


def _missing(secret: store.Secret, status: Status, stored: store.Secret | None) -> list[str]:
    """The versions that have no value in the replica yet, or none encrypted with its present key."""
    same_key = stored is not None and stored.get("KmsKeyId") == status.get("KmsKeyId")
    held = stored["Versions"] if stored is not None and same_key else {}
    return [
        version_id
        for version_id, version in secret["Versions"].items()
        if store.has_value(version) and not store.has_value(held.get(version_id))
    ]


def _obstacle(secret: store.Secret, arn: str, key_id: str | None, version_ids: list[str]) -> str:
    try:
        for version_id in version_ids:
            encryption.may_replicate(secret, arn, key_id, version_id)
    except AwsError as error:
        return error.message
    return ""


def _store(secret: store.Secret, status: Status, arn: str, stored: store.Secret | None) -> None:
    own = secret if stored is None else stored
    policy = {"ResourcePolicy": own["ResourcePolicy"]} if "ResourcePolicy" in own else {}
    copied = {
        name: value for name, value in copy.deepcopy(secret).items() if name not in {"ResourcePolicy", "KmsKeyId"}
    }
    key = {"KmsKeyId": status["KmsKeyId"]} if status.get("KmsKeyId") else {}
    store.put({**copied, **key, **policy, "ARN": arn, "ReplicationStatus": [], "PrimaryArn": secret["ARN"]})
    if any(store.has_value(version) for version in secret["Versions"].values()):
        status |= {"Status": "InSync", "StatusMessage": SUCCEEDED}
    else:
        status |= {"Status": "InProgress"}


def _fail(status: Status, why: str) -> None:
    status |= {"Status": "Failed", "StatusMessage": f"Replication failed: {why}"}
