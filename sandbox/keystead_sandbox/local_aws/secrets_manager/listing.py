"""DescribeSecret and ListSecrets: a secret without its values.

Source: API reference, DescribeSecret, SecretListEntry and Filter (a value matches from the beginning; `!` negates it).
"""

from typing import Any

from keystead_sandbox.local_aws.protocol.errors import Response, answer, invalid_parameter
from keystead_sandbox.local_aws.protocol.in_process import region_of
from keystead_sandbox.local_aws.protocol.pages import page
from keystead_sandbox.local_aws.secrets_manager import rotation_rules
from keystead_sandbox.local_aws.secrets_manager.store import Secret, find, in_region, is_replica

SHOWN = (
    "ARN",
    "Name",
    "Description",
    "KmsKeyId",
    "Tags",
    "CreatedDate",
    "LastChangedDate",
    "LastAccessedDate",
    "LastRotatedDate",
    "DeletedDate",
    "RotationEnabled",
    "RotationLambdaARN",
)


def describe(fields: dict[str, Any]) -> Response:
    """The operation DescribeSecret."""
    secret = find(fields.get("SecretId"))
    replication = {"ReplicationStatus": secret["ReplicationStatus"]} if secret["ReplicationStatus"] else {}
    return answer({**_entry(secret), "VersionIdsToStages": _stages(secret), **replication})


def list_secrets(fields: dict[str, Any]) -> Response:
    """The operation ListSecrets."""
    planned = fields.get("IncludePlannedDeletion")
    found = [secret for secret in matching(fields.get("Filters") or []) if planned or not secret.get("DeletedDate")]
    entries = [{**_entry(secret), "SecretVersionsToStages": _stages(secret)} for secret in found]
    return answer(page("SecretList", entries, fields))


def matching(filters: list[dict[str, Any]]) -> list[Secret]:
    """The secrets of the region that every filter lets through."""
    return [secret for secret in in_region() if all(_passes(secret, one) for one in filters)]


def _entry(secret: Secret) -> dict[str, Any]:
    shown = {name: secret[name] for name in SHOWN if secret.get(name) is not None}
    if is_replica(secret):
        shown["PrimaryRegion"] = region_of(secret["PrimaryArn"])
    rules = secret.get("RotationRules") or {}
    if rules:
        days = rotation_rules.days(rules)
        shown["RotationRules"] = rules | ({"AutomaticallyAfterDays": days} if days else {})
    opening = rotation_rules.next_opening(secret)
    if opening is not None:
        shown["NextRotationDate"] = rotation_rules.on_or_before(rules, opening)
    return shown


def _stages(secret: Secret) -> dict[str, list[str]]:
    return {
        version_id: list(version["Stages"]) for version_id, version in secret["Versions"].items() if version["Stages"]
    }


def _passes(secret: Secret, asked: dict[str, Any]) -> bool:
    key = asked.get("Key", "")
    tags = secret["Tags"]
    texts = {
        "name": [secret["Name"]],
        "description": [secret.get("Description", "").lower()],
        "tag-key": [tag["Key"] for tag in tags],
        "tag-value": [tag["Value"] for tag in tags],
        "primary-region": [region_of(secret.get("PrimaryArn") or secret["ARN"])],
        "owning-service": [],
        "all": [secret["Name"].lower(), secret.get("Description", "").lower()]
        + [text.lower() for tag in tags for text in (tag["Key"], tag["Value"])],
    }
    if key not in texts:
        raise invalid_parameter(f"Invalid filter key {key}.")
    wanted = [value.lower() if key in {"description", "all"} else value for value in asked.get("Values") or []]
    return any(
        value.startswith("!") != any(text.startswith(value.removeprefix("!")) for text in texts[key])
        for value in wanted
    )
