"""Secrets as ministack keeps them: finding one, its versions and labels, and AWS's refusals."""

from collections.abc import Iterator
from typing import Any

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, invalid_request

Secret = dict[str, Any]
Version = dict[str, Any]

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


def store() -> Any:
    """The Secrets Manager of ministack."""
    return ministack.module("services.secretsmanager")


def find(secret_id: str | None) -> Secret:
    """The secret a request names; AWS's refusal when there is none."""
    secret: Secret | None = store()._resolve(secret_id)[1]
    if secret is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return secret


def writable(secret_id: str | None) -> Secret:
    """The secret a request wants to change; refused while it waits for deletion and when it is a replica."""
    secret = find(secret_id)
    if secret.get("DeletedDate"):
        raise invalid_request("You can't perform this operation on the secret because it was marked for deletion.")
    if secret.get("_PrimarySecretArn"):
        raise invalid_request("You can't perform this operation on a replica secret.")
    return secret


def everywhere() -> Iterator[tuple[tuple[str, str, str], Secret]]:
    """All secrets of all regions with their (account, region, name)."""
    yield from list(store()._secrets._data.items())


def same(key: tuple[str, str, str], arn: str) -> Secret | None:
    """The secret still stored under `key`, or None when it is gone or another one has taken its name."""
    secret: Secret | None = store()._secrets._data.get(key)
    return secret if secret is not None and secret["ARN"] == arn else None


def labelled(secret: Secret, label: str) -> tuple[str | None, Version | None]:
    """The version that carries `label`, with its id."""
    for version_id, version in secret["Versions"].items():
        if label in version["Stages"]:
            return version_id, version
    return None, None


def has_value(version: Version | None) -> bool:
    """Whether a version holds a value; a rotation's pending version does not until its first step wrote one."""
    return version is not None and (version.get("SecretString") is not None or version.get("SecretBinary") is not None)


def empty_version(secret: Secret, version_id: str, now: float) -> None:
    """Attach AWSPENDING to a version that has no value yet."""
    unlabel(secret, PENDING)
    secret["Versions"][version_id] = {
        "SecretString": None,
        "SecretBinary": None,
        "CreatedDate": int(now),
        "Stages": [PENDING],
    }


def unlabel(secret: Secret, label: str) -> None:
    """Take a label off whichever version carries it; a version without a value and without labels disappears."""
    for version_id, version in list(secret["Versions"].items()):
        if label in version["Stages"]:
            version["Stages"] = [other for other in version["Stages"] if other != label]
            if not version["Stages"] and not has_value(version):
                del secret["Versions"][version_id]
