"""Versions and staging labels of secrets as the API reference documents them."""

import uuid
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.identity.authorization import allowed
from keystead_sandbox.local_aws.protocol import errors, messages
from keystead_sandbox.local_aws.protocol.pages import page
from keystead_sandbox.local_aws.protocol.times import iso
from keystead_sandbox.local_aws.secrets_manager import encryption, replicas, store
from keystead_sandbox.local_aws.secrets_manager.listing import matching

IRREMOVABLE = (
    f"You can only move staging label {store.CURRENT} to a different secret version. It can't be completely removed."
)
KEPT_VERSIONS = 100
"""API reference, PutSecretValue: the 100 most recent are kept, and all of the last 24 hours."""


class Versions:
    """The operations that read and write values and labels."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get(self, data: dict[str, Any]) -> errors.Response:
        """The operation GetSecretValue."""
        return errors.answer(self._value(store.readable(data.get("SecretId")), data))

    def get_batch(self, data: dict[str, Any]) -> errors.Response:
        """The operation BatchGetSecretValue: by name or filter, a refusal for each that the caller may not read."""
        if not data.get("SecretIdList"):
            allowed("secretsmanager:ListSecrets", "*", {})
        found = [one["ARN"] for one in matching(data.get("Filters") or []) if not one.get("DeletedDate")]
        values, refused = [], []
        for secret_id in data.get("SecretIdList") or found:
            try:
                arn = store.arn_of(secret_id)
                allowed("secretsmanager:GetSecretValue", arn, {"secretsmanager:VersionStage": store.CURRENT})
                values.append(self._value(store.readable(secret_id), {}))
            except errors.AwsError as error:
                refused.append({"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message})
        return errors.answer({"SecretValues": values, "Errors": refused})

    def _value(self, secret: store.Secret, data: dict[str, Any]) -> dict[str, Any]:
        version_id, version = _asked(secret, data.get("VersionId"), data.get("VersionStage"))
        encryption.may_decrypt(secret, version_id)
        secret["LastAccessedDate"] = int(self._clock.now())
        value = {name: version[name] for name in ("SecretString", "SecretBinary") if version.get(name) is not None}
        about = {"VersionId": version_id, "VersionStages": version["Stages"], "CreatedDate": version["CreatedDate"]}
        return store.identity(secret) | about | value

    def put(self, data: dict[str, Any]) -> errors.Response:
        """The operation PutSecretValue."""
        secret = store.writable(data.get("SecretId"))
        version_id = self.write(secret, data, data.get("VersionStages") or [store.CURRENT])
        stages = list(secret["Versions"][version_id]["Stages"])
        return errors.answer(store.identity(secret) | {"VersionId": version_id, "VersionStages": stages})

    def write(self, secret: store.Secret, data: dict[str, Any], labels: list[str]) -> str:
        """Store a value as a new version, or do nothing when the same was stored under the same token before."""
        value = _value(data)
        version_id = data.get("ClientRequestToken") or str(uuid.uuid4())
        existing = secret["Versions"].get(version_id)
        if store.has_value(existing):
            if {name: existing.get(name) for name in value} == value:
                return version_id
            message = (
                f"You can't use ClientRequestToken {version_id} because that value is already in use for a version of "
                f"secret {secret['ARN']}."
            )
            raise errors.AwsError("ResourceExistsException", message)
        encryption.may_encrypt(secret, version_id)
        first = not any(store.has_value(version) for version in secret["Versions"].values())
        now = int(self._clock.now())
        kept = existing["Stages"] if existing else []
        secret["Versions"][version_id] = {**value, "CreatedDate": now, "Stages": list(kept)}
        for label in [*labels, *([store.CURRENT] if first else [])]:
            self._attach(secret, label, version_id)
        self._changed(secret)
        return version_id

    def move(self, data: dict[str, Any]) -> errors.Response:
        """The operation UpdateSecretVersionStage."""
        secret = store.writable(data.get("SecretId"))
        label, to, source = data.get("VersionStage"), data.get("MoveToVersionId"), data.get("RemoveFromVersionId")
        if not label:
            raise errors.invalid_parameter("You must specify VersionStage.")
        _check_versions(secret, to, source)
        holder, _ = store.labelled(secret, label)
        if source and source != holder:
            raise errors.invalid_parameter(f"Staging label {label} is not attached to version {source}.")
        if to and holder not in {None, to, source}:
            message = (
                f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to "
                f"version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )
            raise errors.invalid_parameter(message)
        if label == store.CURRENT and source and not to:
            raise errors.invalid_parameter(IRREMOVABLE)
        if to:
            self._attach(secret, label, to)
        elif source:
            store.unlabel(secret, label)
        self._changed(secret)
        return errors.answer(store.identity(secret))

    def list(self, data: dict[str, Any]) -> errors.Response:
        """The operation ListSecretVersionIds; versions without labels only with IncludeDeprecated."""
        secret = store.find(data.get("SecretId"))
        shown = [
            {"VersionId": version_id, "VersionStages": list(version["Stages"]), "CreatedDate": version["CreatedDate"]}
            for version_id, version in secret["Versions"].items()
            if version["Stages"] or data.get("IncludeDeprecated")
        ]
        return errors.answer(store.identity(secret) | page("Versions", shown, data))

    def _changed(self, secret: store.Secret) -> None:
        now = self._clock.now()
        secret["LastChangedDate"] = int(now)
        deprecated = sorted(
            (version["CreatedDate"], version_id)
            for version_id, version in secret["Versions"].items()
            if not version["Stages"] and version["CreatedDate"] < now - 86_400
        )
        for _, version_id in deprecated[: max(0, len(secret["Versions"]) - KEPT_VERSIONS)]:
            del secret["Versions"][version_id]
        replicas.sync(secret)

    def _attach(self, secret: store.Secret, label: str, version_id: str) -> None:
        """Attach a label to one version and take it off any other; AWSCURRENT leaves AWSPREVIOUS behind."""
        holder, _ = store.labelled(secret, label)
        if holder == version_id:
            return
        store.unlabel(secret, label)
        secret["Versions"][version_id]["Stages"].append(label)
        if label == store.CURRENT and holder is not None:
            self._attach(secret, store.PREVIOUS, holder)
        if label not in {store.PENDING, store.PREVIOUS}:
            detail = {"name": secret["Name"], "labelUpdated": label, "versionId": version_id}
            now = iso(self._clock.now())
            messages.event("aws.secretsmanager", "Secret Label Updated", detail, secret["ARN"], now)


def _asked(secret: store.Secret, version_id: str | None, label: str | None) -> tuple[str, store.Version]:
    if version_id:
        found, version = version_id, secret["Versions"].get(version_id)
        what = f"VersionId: {version_id}"
    else:
        holder, version = store.labelled(secret, label or store.CURRENT)
        found, what = holder or "", f"staging label: {label or store.CURRENT}"
    if version is None or not store.has_value(version):
        raise errors.not_found(f"Secrets Manager can't find the specified secret value for {what}")
    if version_id and label and label not in version["Stages"]:
        raise errors.invalid_request("You provided a VersionStage that is not associated to the provided VersionId.")
    return found, version


def _value(data: dict[str, Any]) -> dict[str, Any]:
    text, binary = data.get("SecretString"), data.get("SecretBinary")
    if text is None and binary is None:
        raise errors.invalid_request("You must provide either SecretString or SecretBinary.")
    if text is not None and binary is not None:
        raise errors.invalid_parameter("You can't specify both a binary secret value and a string secret value.")
    return {"SecretString": text, "SecretBinary": binary}


def _check_versions(secret: store.Secret, to: str | None, source: str | None) -> None:
    if not to and not source:
        raise errors.invalid_parameter("You must specify MoveToVersionId or RemoveFromVersionId.")
    missing = next((one for one in (to, source) if one and one not in secret["Versions"]), None)
    if missing is None and to and not store.has_value(secret["Versions"][to]):
        missing = to
    if missing is not None:
        raise errors.not_found(f"Secrets Manager can't find the specified secret version: {missing}.")
