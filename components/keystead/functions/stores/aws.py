"""The secret store of AWS: Secrets Manager."""

import base64
import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import botocore.config
import botocore.exceptions

from keystead.functions.shared.errors import LabelMovedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.aws_labels import CURRENT, PENDING, PREVIOUS, AwsLabels
from keystead.functions.stores.store import ListedSecret, SecretState

CLIENT_CONFIG = botocore.config.Config(
    retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=8
)
"""Seconds and attempts such that a call that never succeeds ends within a minute, inside the function's timeout."""


class AwsSecretStore:
    """Versions and labels of Secrets Manager; a version's id is the rotation's ClientRequestToken.

    Secrets are called by name, never by ARN: a partial ARN may match another secret whose name ends in six characters.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        """Ask for a hundred secrets a call. The list has no time of a version: the last rotation is the earliest."""
        begins = sorted({secret.rpartition("/")[0] + "/" for secret in secrets if "/" in secret})
        pages = self._client.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "name", "Values": begins}], PaginationConfig={"PageSize": 100}
        )
        entries = (entry for page in pages for entry in page["SecretList"]) if begins else ()
        return {entry["Name"]: _listed(entry) for entry in entries if entry["Name"] in secrets}

    def state(self, secret: str) -> SecretState:
        """Return the labels from DescribeSecret, which lists a pending version even while it has no value."""
        described = self._client.describe_secret(SecretId=secret)
        return AwsLabels.of(described).state(enabled=bool(described.get("RotationEnabled")))

    def current_since(self, secret: str) -> dt.datetime | None:
        """Return when the version became current; labels are read first, so that the list of versions has it."""
        labels = AwsLabels.of(self._client.describe_secret(SecretId=secret))
        versions = (version for version in self._versions(secret) if "CreatedDate" in version)
        return labels.current_since({version["VersionId"]: version["CreatedDate"] for version in versions})

    def read(self, secret: str, version: str) -> Sensitive | None:
        """Return the version's text, base64 of its bytes where it is binary, None where AWS finds no value."""
        try:
            found = self._client.get_secret_value(SecretId=secret, VersionId=version)
        except botocore.exceptions.ClientError as error:
            if _code(error) == "ResourceNotFoundException":
                return None
            raise
        if "SecretString" in found:
            return Sensitive(found["SecretString"])
        return Sensitive(base64.b64encode(found["SecretBinary"]).decode())

    def write(self, secret: str, version: str, value: Sensitive, seen: SecretState) -> bool:  # noqa: ARG002  # AWS itself began it
        """Put the value under the token; AWS refuses a second, different one, which shows a parallel attempt."""
        try:
            self._client.put_secret_value(
                SecretId=secret, ClientRequestToken=version, SecretString=value.reveal(), VersionStages=[PENDING]
            )
        except botocore.exceptions.ClientError as error:
            if _code(error) != "ResourceExistsException":
                raise
            return False
        return True

    def seed(self, secret: str, version: str, value: Sensitive) -> None:
        """Put the value under AWSCURRENT; a version that a rotation has begun keeps AWSPENDING."""
        self._client.put_secret_value(
            SecretId=secret, ClientRequestToken=version, SecretString=value.reveal(), VersionStages=[CURRENT]
        )

    def promote(self, secret: str, version: str, current: str | None) -> None:
        """Move AWSCURRENT, which moves AWSPREVIOUS with it; AWS checks where the label was."""
        origin = {"RemoveFromVersionId": current} if current else {}
        self._move(SecretId=secret, VersionStage=CURRENT, MoveToVersionId=version, **origin)

    def discard(self, secret: str, version: str) -> None:
        """Take AWSPENDING off the version, after which Secrets Manager begins another rotation when asked to."""
        self._take_off(secret, PENDING, version)

    def retire(self, secret: str, version: str) -> None:
        """Take AWSPREVIOUS off the version."""
        self._take_off(secret, PREVIOUS, version)

    def align(self, secret: str) -> None:
        """Do nothing: Secrets Manager itself copies to a secret's replicas."""

    def tidy(self, secret: str, *, unattended: bool) -> None:
        """Do nothing: Secrets Manager itself prunes versions without a label."""

    def _take_off(self, secret: str, label: str, version: str) -> None:
        try:
            self._move(SecretId=secret, VersionStage=label, RemoveFromVersionId=version)
        except LabelMovedError:
            return

    def _move(self, **request: str) -> None:
        try:
            self._client.update_secret_version_stage(**request)
        except botocore.exceptions.ClientError as error:
            if _code(error) == "InvalidParameterException":
                raise LabelMovedError(f"{request['SecretId']}: {request['VersionStage']} has moved meanwhile") from None
            raise

    def _versions(self, secret: str) -> Iterator[dict[str, Any]]:
        page: dict[str, str] = {}
        while True:
            answer = self._client.list_secret_version_ids(SecretId=secret, MaxResults=100, **page)
            yield from answer["Versions"]
            if not answer.get("NextToken"):
                return
            page = {"NextToken": answer["NextToken"]}


def _listed(entry: Mapping[str, Any]) -> ListedSecret:
    labels = AwsLabels(entry.get("SecretVersionsToStages", {}), entry.get("LastRotatedDate"))
    state = labels.state(enabled=bool(entry.get("RotationEnabled")))
    return ListedSecret(state, (labels.rotated or entry.get("CreatedDate")) if state.current else None)


def _code(error: botocore.exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
