"""The secrets of the account: finding one, its versions and labels, and AWS's refusals.

A secret is what DescribeSecret shows, with its `Versions` (id -> value, labels, date), its `ResourcePolicy`, the
`RotationBase` its next rotation counts from, `RotationRulesSince` when its rules changed, and in a replica the
`PrimaryArn`.
"""

import secrets
import string
from collections.abc import Iterator
from typing import Any

from keystead_sandbox.local_aws.protocol.errors import invalid_request, not_found
from keystead_sandbox.local_aws.protocol.in_process import account_of, here, region_of

Secret = dict[str, Any]
Version = dict[str, Any]
Key = tuple[str, str, str]
"""Account, region and name."""

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
REPLICA = "You can't perform this operation on a replica secret."

_secrets: dict[Key, Secret] = {}


def new(name: str, now: int, **fields: Any) -> Secret:
    """A secret without versions, stored under its name."""
    account, region = here()
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
    secret = {
        "ARN": f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}",
        "Name": name,
        "Tags": [],
        "CreatedDate": now,
        "LastChangedDate": now,
        "RotationEnabled": False,
        "ReplicationStatus": [],
        "Versions": {},
        **fields,
    }
    put(secret)
    return secret


def put(secret: Secret) -> None:
    """Store a secret, in the place of one with its name."""
    _secrets[key_of(secret)] = secret


def forget(secret: Secret) -> None:
    """Remove a secret."""
    _secrets.pop(key_of(secret), None)


def key_of(secret: Secret) -> Key:
    """Where a secret is stored."""
    return account_of(secret["ARN"]), region_of(secret["ARN"]), secret["Name"]


def at(key: Key) -> Secret | None:
    """The secret stored under `key`."""
    return _secrets.get(key)


def everywhere() -> Iterator[tuple[Key, Secret]]:
    """All secrets of all regions."""
    yield from list(_secrets.items())


def in_region() -> list[Secret]:
    """The secrets of the region of the request, by name."""
    place = here()
    return [secret for key, secret in sorted(everywhere(), key=lambda entry: entry[0]) if key[:2] == place]


def resolve(secret_id: str | None) -> Secret | None:
    """The secret with this name, ARN, or ARN without its last hyphen and six characters."""
    if not secret_id or not secret_id.startswith("arn:"):
        return _secrets.get((*here(), secret_id or ""))
    named = secret_id.split(":", 6)[-1]
    found = (_secrets.get((*here(), name)) for name in (named[:-7], named))
    return next((one for one in found if one and secret_id in {one["ARN"], one["ARN"][:-7]}), None)


def arn_of(secret_id: str) -> str:
    """The ARN a secret has or, without one, would have before AWS adds its characters."""
    secret = resolve(secret_id)
    account, region = here()
    asked = (
        secret_id if secret_id.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{account}:secret:{secret_id}"
    )
    return str(secret["ARN"]) if secret else asked


def find(secret_id: str | None) -> Secret:
    """The secret a request names; AWS's refusal when there is none."""
    secret = resolve(secret_id)
    if secret is None:
        raise not_found("Secrets Manager can't find the specified secret.")
    return secret


def readable(secret_id: str | None) -> Secret:
    """The secret whose value a request wants; refused while it waits for deletion."""
    secret = find(secret_id)
    if secret.get("DeletedDate"):
        raise invalid_request(MARKED)
    return secret


def writable(secret_id: str | None) -> Secret:
    """The secret a request wants to change; refused while it waits for deletion and when it is a replica."""
    secret = readable(secret_id)
    if is_replica(secret):
        raise invalid_request(REPLICA)
    return secret


def is_replica(secret: Secret) -> bool:
    """Whether a secret follows a primary one in another region."""
    return bool(secret.get("PrimaryArn"))


def identity(secret: Secret) -> dict[str, Any]:
    """The members that most answers have in common."""
    return {"ARN": secret["ARN"], "Name": secret["Name"]}


def same(key: Key, arn: str) -> Secret | None:
    """The secret still stored under `key`, or None when it is gone or another one has taken its name."""
    secret = _secrets.get(key)
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
    secret["Versions"][version_id] = {"CreatedDate": int(now), "Stages": [PENDING]}


def unlabel(secret: Secret, label: str) -> None:
    """Take a label off whichever version carries it; a version without a value and without labels disappears."""
    for version_id, version in list(secret["Versions"].items()):
        if label in version["Stages"]:
            version["Stages"] = [other for other in version["Stages"] if other != label]
            if not version["Stages"] and not has_value(version):
                del secret["Versions"][version_id]
