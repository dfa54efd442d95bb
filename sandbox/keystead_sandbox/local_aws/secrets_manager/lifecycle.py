"""Creating, changing, tagging, deleting and restoring secrets."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_aws.protocol.errors import (
    AwsError,
    Response,
    answer,
    invalid_parameter,
    invalid_request,
)
from keystead_sandbox.local_aws.secrets_manager import encryption, replicas, store
from keystead_sandbox.local_aws.secrets_manager.store import CURRENT, Secret, find, identity, is_replica, writable
from keystead_sandbox.local_aws.secrets_manager.versions import Versions

SCHEDULED = "You can't create this secret because a secret with this name is already scheduled for deletion."
ALREADY = "You can't perform this operation on the secret because it was already scheduled for deletion."
SHORTEST_WINDOW, LONGEST_WINDOW = 7, 30


class Lifecycle:
    """The operations on a secret as a whole."""

    def __init__(self, clock: Clock, versions: Versions) -> None:
        self._clock = clock
        self._versions = versions

    def create(self, data: dict[str, Any]) -> Response:
        """The operation CreateSecret: without a value there is no version; with the same token it is idempotent."""
        name = data.get("Name")
        if not name:
            raise invalid_parameter("You must provide a secret name.")
        existing = store.resolve(name)
        if existing is not None:
            return _repeated(existing, data)
        if not _written(data):
            encryption.may_choose(data.get("KmsKeyId"))
        given = {field: data[field] for field in ("Description", "KmsKeyId", "Tags") if data.get(field)}
        secret = store.new(name, int(self._clock.now()), **given)
        created = identity(secret)
        try:
            if _written(data):
                created["VersionId"] = self._versions.write(secret, data, [CURRENT])
            if data.get("AddReplicaRegions"):
                created["ReplicationStatus"] = replicas.add(secret, data)
        except AwsError:
            replicas.purge(secret)
            raise
        return answer(created)

    def update(self, data: dict[str, Any]) -> Response:
        """The operation UpdateSecret."""
        secret = writable(data.get("SecretId"))
        if data.get("KmsKeyId") and data["KmsKeyId"] != secret.get("KmsKeyId"):
            for version_id in secret["Versions"]:
                encryption.may_decrypt(secret, version_id)
            encryption.may_choose(data["KmsKeyId"])
            secret["KmsKeyId"] = data["KmsKeyId"]
        if "Description" in data:
            secret["Description"] = data["Description"]
        updated = identity(secret)
        if _written(data):
            updated["VersionId"] = self._versions.write(secret, data, [CURRENT])
        self._changed(secret)
        return answer(updated)

    def tag(self, data: dict[str, Any]) -> Response:
        """The operation TagResource."""
        secret = writable(data.get("SecretId"))
        added = {tag["Key"]: tag for tag in data.get("Tags") or []}
        secret["Tags"] = [*({tag["Key"]: tag for tag in secret["Tags"]} | added).values()]
        self._changed(secret)
        return answer({})

    def untag(self, data: dict[str, Any]) -> Response:
        """The operation UntagResource."""
        secret = writable(data.get("SecretId"))
        secret["Tags"] = [tag for tag in secret["Tags"] if tag["Key"] not in (data.get("TagKeys") or [])]
        self._changed(secret)
        return answer({})

    def delete(self, data: dict[str, Any]) -> Response:
        """The operation DeleteSecret; a secret with replicas is refused until they are removed (user guide, Delete)."""
        secret = find(data.get("SecretId"))
        force, window = data.get("ForceDeleteWithoutRecovery"), data.get("RecoveryWindowInDays")
        if secret["ReplicationStatus"]:
            regions = ", ".join(status["Region"] for status in secret["ReplicationStatus"])
            raise invalid_request(
                f"You can't delete secret {secret['Name']} that still has replica regions [{regions}]."
            )
        if secret.get("DeletedDate") and not force:
            raise invalid_request(ALREADY)
        if is_replica(secret):
            raise invalid_request(store.REPLICA)
        if force and window is not None:
            message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
            raise invalid_parameter(message)
        days = 0 if force else LONGEST_WINDOW if window is None else int(window)
        if not force and not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
            message = (
                f"RecoveryWindowInDays value must be between {SHORTEST_WINDOW} and {LONGEST_WINDOW} days (inclusive)."
            )
            raise invalid_parameter(message)
        date = int(self._clock.now()) + days * DAY
        if force:
            store.forget(secret)
        else:
            secret["DeletedDate"] = date
        return answer(identity(secret) | {"DeletionDate": date})

    def restore(self, data: dict[str, Any]) -> Response:
        """The operation RestoreSecret."""
        secret = find(data.get("SecretId"))
        if not secret.get("DeletedDate"):
            raise invalid_request("Secret is not scheduled for deletion.")
        del secret["DeletedDate"]
        return answer(identity(secret))

    def due(self, span: Span) -> Iterator[Due]:
        """Secrets whose recovery window ends."""
        for key, secret in store.everywhere():
            timestamp = secret.get("DeletedDate")
            if timestamp and timestamp <= span.until:
                yield Due(timestamp, "secret-deletion", key[2], partial(_delete, key, secret["ARN"]))

    def _changed(self, secret: Secret) -> None:
        secret["LastChangedDate"] = int(self._clock.now())
        replicas.sync(secret)


def _written(data: dict[str, Any]) -> bool:
    return "SecretString" in data or "SecretBinary" in data


def _repeated(existing: Secret, data: dict[str, Any]) -> Response:
    if existing.get("DeletedDate"):
        raise invalid_request(SCHEDULED)
    token = data.get("ClientRequestToken")
    version = existing["Versions"].get(token)
    asked = {name: data.get(name) for name in ("SecretString", "SecretBinary")}
    if version is not None and {name: version.get(name) for name in asked} == asked:
        return answer(identity(existing) | {"VersionId": token})
    message = f"The operation failed because the secret {existing['Name']} already exists."
    raise AwsError("ResourceExistsException", message)


def _delete(key: store.Key, arn: str) -> str:
    secret = store.same(key, arn)
    if secret is None or not secret.get("DeletedDate"):
        return "kept"
    store.forget(secret)
    return "deleted"
