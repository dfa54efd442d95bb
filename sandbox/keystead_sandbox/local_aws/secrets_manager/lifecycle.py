"""Creating, changing, describing and deleting secrets where ministack differs from AWS."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer, invalid_parameter, invalid_request
from keystead_sandbox.local_aws.secrets_manager import encryption as secrets_keys
from keystead_sandbox.local_aws.secrets_manager import replicas as secrets_replicas
from keystead_sandbox.local_aws.secrets_manager import rotation_rules
from keystead_sandbox.local_aws.secrets_manager.rotation import next_opening
from keystead_sandbox.local_aws.secrets_manager.store import CURRENT, Secret, everywhere, find, same, store, writable
from keystead_sandbox.local_aws.secrets_manager.versions import Versions

SCHEDULED = "You can't create this secret because a secret with this name is already scheduled for deletion."


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
        existing = store()._secrets.get(name)
        if existing is not None:
            return self._repeated(existing, data)
        written = "SecretString" in data or "SecretBinary" in data
        if not written:
            secrets_keys.may_choose(data.get("KmsKeyId"))
        secret = self._store(name, data)
        created = {"ARN": secret["ARN"], "Name": name}
        try:
            if written:
                created["VersionId"] = self._versions.write(secret, data, [CURRENT])
            if data.get("AddReplicaRegions"):
                created["ReplicationStatus"] = secrets_replicas.add(secret, data)
        except AwsError:
            store()._purge_secret(name, secret)
            raise
        return answer(created)

    def update(self, data: dict[str, Any]) -> Response:
        """The operation UpdateSecret."""
        secret = writable(data.get("SecretId"))
        if data.get("KmsKeyId") and data["KmsKeyId"] != secret.get("KmsKeyId"):
            for version_id in secret["Versions"]:
                secrets_keys.may_decrypt(secret, version_id)
            secrets_keys.may_choose(data["KmsKeyId"])
            secret["KmsKeyId"] = data["KmsKeyId"]
        if "Description" in data:
            secret["Description"] = data["Description"]
        secret["LastChangedDate"] = int(self._clock.now())
        updated = {"ARN": secret["ARN"], "Name": secret["Name"]}
        if "SecretString" in data or "SecretBinary" in data:
            updated["VersionId"] = self._versions.write(secret, data, [CURRENT])
        secrets_replicas.sync(secret)
        return answer(updated)

    def delete(self, data: dict[str, Any]) -> Response:
        """The operation DeleteSecret; a secret with replicas is refused until they are removed (user guide, Delete)."""
        secret = find(data.get("SecretId"))
        if secret.get("ReplicationStatus") and not secret.get("_PrimarySecretArn"):
            regions = ", ".join(status["Region"] for status in secret["ReplicationStatus"])
            message = f"You can't delete secret {secret['Name']} that still has replica regions [{regions}]."
            raise invalid_request(message)
        response: Response = self._delete(data)
        return response

    def due(self, span: Span) -> Iterator[Due]:
        """Secrets whose recovery window ends."""
        for key, secret in everywhere():
            moment = secret.get("DeletedDate")
            if moment and moment <= span.until and not secret.get("_PrimarySecretArn"):
                yield Due(moment, "secret-deletion", key[2], partial(_purge, key, secret["ARN"]))

    def install(self, service: Any) -> None:
        """Keep ministack's own deletion and describing for what this class only adds to."""
        self._delete = ministack.original(service, "_delete_secret")
        self._describe = ministack.original(service, "_describe_secret")
        self._list = ministack.original(service, "_list_secrets")

    def describe(self, data: dict[str, Any]) -> Response:
        """The operation DescribeSecret, with the dates of rotation."""
        status, headers, body = self._describe(data)
        if status != 200:
            return status, headers, body
        described = json.loads(body)
        described |= _rotation_dates(find(data.get("SecretId")))
        return answer(described)

    def list(self, data: dict[str, Any]) -> Response:
        """The operation ListSecrets, with the dates of rotation."""
        status, headers, body = self._list(data)
        if status != 200:
            return status, headers, body
        page = json.loads(body)
        for entry in page["SecretList"]:
            secret = find(entry["ARN"])
            entry.update(_rotation_dates(secret))
            if secret.get("KmsKeyId"):
                entry["KmsKeyId"] = secret["KmsKeyId"]
        return answer(page)

    def _repeated(self, existing: Secret, data: dict[str, Any]) -> Response:
        if existing.get("DeletedDate"):
            raise invalid_request(SCHEDULED)
        version = existing["Versions"].get(data.get("ClientRequestToken"))
        asked = {name: data.get(name) for name in ("SecretString", "SecretBinary")}
        if version is not None and {name: version.get(name) for name in asked} == asked:
            created = {"ARN": existing["ARN"], "Name": existing["Name"], "VersionId": data["ClientRequestToken"]}
            return answer(created)
        message = f"The operation failed because the secret {existing['Name']} already exists."
        raise AwsError("ResourceExistsException", message)

    def _store(self, name: str, data: dict[str, Any]) -> Secret:
        service = store()
        service._store_new_secret(
            name, description=data.get("Description", ""), tags=data.get("Tags"), kms_key_id=data.get("KmsKeyId")
        )
        secret: Secret = service._secrets[name]
        secret["Versions"].clear()
        return secret


def _purge(key: tuple[str, str, str], arn: str) -> str:
    secret = same(key, arn)
    if secret is None:
        return "gone already"
    with ministack.module("core.responses").request_scope(*key[:2]):
        store()._purge_secret(key[2], secret)
    return "deleted"


def _rotation_dates(secret: Secret) -> dict[str, Any]:
    dates: dict[str, Any] = {}
    rules = secret.get("RotationRules") or {}
    if secret.get("LastRotatedDate"):
        dates["LastRotatedDate"] = secret["LastRotatedDate"]
    if rules:
        days = rotation_rules.days(rules)
        dates["RotationRules"] = rules | ({"AutomaticallyAfterDays": days} if days else {})
    opening = next_opening(secret)
    if opening is not None:
        dates["NextRotationDate"] = rotation_rules.on_or_before(rules, opening)
    return dates
