"""Secret Manager: secrets, their replication and keys, their topics, expiry and rotation settings.

Source: Secret Manager API v1 reference and guide: "Enable CMEK", "Create rotation schedules", "Set up notifications",
"Delay destruction of secret versions". Refusals about keys and service identity: terraform-google-secret-manager #74.
"""

import re
from typing import Any

from keystead_sandbox.common.timeline import DAY
from keystead_sandbox.local_gcp import crypto, moments, notifications, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource

SECRET = KINDS["secretmanager.secrets"]
SERVICE = "secretmanager.googleapis.com"
NO_IDENTITY = (
    "Secret Manager service identity for project not found. A service identity must be created for the project before "
    "customer-managed encryption keys or topics can be used."
)
LONGEST = 3_153_600_000
ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
ANNOTATION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
MOST_ANNOTATIONS = 16 * 1024
"""Bytes of all keys and values."""


def keys_of(secret: Json) -> list[tuple[str, str]]:
    """Location and key of each replica that has one of its own; the location of automatic replication is `global`."""
    replication = secret.get("replication") or {}
    if "automatic" in replication:
        replicas = [{**replication["automatic"], "location": "global"}]
    else:
        replicas = (replication.get("userManaged") or {}).get("replicas") or []
    found = [(one["location"], (one.get("customerManagedEncryption") or {}).get("kmsKeyName", "")) for one in replicas]
    if secret.get("customerManagedEncryption"):
        found.append(("", secret["customerManagedEncryption"].get("kmsKeyName", "")))
    return [(location, key) for location, key in found if key]


def usable_key(cloud: Cloud, project: str, name: str, permission: str) -> Resource:
    """A customer's key that the service agent may use; Google refuses with FAILED_PRECONDITION where it may not."""
    if not cloud.has_agent(project, SERVICE):
        raise precondition(NO_IDENTITY)
    canonical = cloud.canonical(name)
    key = cloud.store.find(canonical)
    if key is None or not cloud.may(cloud.agent(project, SERVICE), permission, canonical):
        raise precondition(f"Permission '{permission}' denied on resource '{name}' (or it may not exist).")
    return key


@handles("secretmanager.secrets.create")
def create(call: Call) -> Json:
    """A new secret without a version."""
    regional = "/locations/" in call.name
    _check_replication(call, regional)
    _settle(call.cloud, call.body)
    _check(call.cloud, call.cloud.project_of(call.name), call.body)
    for _, key in keys_of(call.body):
        found = usable_key(call.cloud, call.cloud.project_of(call.name), key, ENCRYPT)
        crypto.primary(call.cloud, found)
    secret = resources.create(call, {"versions": 0})
    secret.body.pop("tags", None)
    notifications.test(call.cloud, secret)
    notifications.send(call.cloud, secret, "SECRET_CREATE")
    return resources.view(call, secret)


ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt"


def _check_replication(call: Call, regional: bool) -> None:
    replication = call.body.get("replication")
    if regional:
        if replication:
            raise invalid("Field replication cannot be set for regional secrets.")
        return
    if not replication or len(replication) != 1:
        raise invalid("The request was malformed: secret.replication must be either automatic or user_managed.")
    if "userManaged" in replication:
        replicas = replication["userManaged"].get("replicas") or []
        locations = [one.get("location") or "" for one in replicas]
        if not locations or len(set(locations)) != len(locations) or "" in locations:
            raise invalid("The request was malformed: user_managed replicas must name distinct locations.")
        keyed = [one for one in replicas if one.get("customerManagedEncryption")]
        if keyed and len(keyed) != len(replicas):
            raise invalid("Either all replicas or none must have customer-managed encryption.")
    for location, key in keys_of(call.body):
        if f"/locations/{location}/" not in key and "automatic" in replication:
            text = "Automatic replication policy can only be configured with Cloud KMS keys in location [global]."
            raise invalid(f"{text} Requested: [{key}]")
        if f"/locations/{location}/" not in key:
            raise invalid(f"Cloud KMS key [{key}] must be in the location of its replica, [{location}].")


def _settle(cloud: Cloud, body: Json) -> None:
    ttl = body.pop("ttl", None)
    if ttl is not None:
        if body.get("expireTime"):
            raise invalid("Only one of expire_time and ttl can be set.")
        if moments.duration(ttl) <= 0:
            raise invalid("ttl must be positive.")
        body["expireTime"] = moments.text(cloud.clock.now() + moments.duration(ttl))


def _check(cloud: Cloud, project: str, body: Json, before: Json | None = None) -> None:
    old = before or {}
    end = body.get("expireTime")
    if end and end != old.get("expireTime") and moments.seconds(end) <= cloud.clock.now():
        raise invalid("expire_time must be in the future.")
    delay = body.get("versionDestroyTtl")
    if delay and not DAY <= moments.duration(delay) <= 1000 * DAY:
        raise invalid("version_destroy_ttl must be between 24 hours and 1000 days.")
    _check_annotations(body.get("annotations") or {})
    _check_topics(cloud, project, body.get("topics") or [], old.get("topics"))
    if body.get("rotation") != old.get("rotation") or not body.get("topics"):
        _check_rotation(cloud, body, (old.get("rotation") or {}).get("nextRotationTime"))


def _check_annotations(annotations: dict[str, str]) -> None:
    for key in annotations:
        if not ANNOTATION.fullmatch(key):
            raise invalid(f"Invalid annotation key '{key}'.")
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) >= MOST_ANNOTATIONS:
        raise invalid("The total size of annotation keys and values must be less than 16KiB.")


def _check_topics(cloud: Cloud, project: str, topics: list[Any], before: Any) -> None:
    if len(topics) > 10:
        raise invalid("No more than 10 topics can be configured on a secret.")
    if not topics or topics == before:
        return
    if not cloud.has_agent(project, SERVICE):
        raise precondition(NO_IDENTITY)
    for topic in topics:
        name = cloud.canonical(str(topic.get("name")))
        agent = cloud.agent(project, SERVICE)
        if cloud.store.find(name) is None or not cloud.may(agent, "pubsub.topics.publish", name):
            text = f"Permission 'pubsub.topics.publish' denied on resource '{topic.get('name')}' (or it may not exist)."
            raise precondition(f"{text} Grant roles/pubsub.publisher on the topic to {agent}.")


def _check_rotation(cloud: Cloud, body: Json, before: Any) -> None:
    rotation = body.get("rotation")
    if not rotation:
        return
    period, following = rotation.get("rotationPeriod"), rotation.get("nextRotationTime")
    if not body.get("topics"):
        raise invalid("Secret.topics must be set to configure rotation.")
    if period and not following:
        raise invalid("If rotation_period is set, next_rotation_time must be set.")
    if period and not 3600 <= moments.duration(period) <= LONGEST:
        raise invalid("rotation_period must be at least 3600s (1h) and at most 3153600000s (100 years).")
    ahead = moments.seconds(following) - cloud.clock.now() if following and following != before else None
    if ahead is not None and ahead < 300:
        raise invalid("next_rotation_time cannot be set to less than 300s (5 min) in the future.")
    if ahead is not None and ahead > LONGEST:
        raise invalid("next_rotation_time cannot be set to more than 3153600000s (100 years) in the future.")


@handles("secretmanager.secrets.patch")
def patch(call: Call) -> Json:
    """Change labels, annotations, topics, expiry, rotation, aliases or the delay of destruction."""
    secret = resources.require(call, SECRET, call.name)
    kept = {key: dict(value) if isinstance(value, dict) else value for key, value in secret.body.items()}
    _settle(call.cloud, call.body)
    mask = call.query.get("updateMask")
    if mask is not None:
        mask = ",".join("expireTime" if one.strip() == "ttl" else one for one in str(mask).split(","))
    if "replication" in str(mask if mask is not None else list(call.body)):
        _check_rekeyed(call, secret)
    try:
        resources.patch(call, None, mask)
        _check(call.cloud, call.cloud.project_of(call.name), secret.body, kept)
        _check_aliases(call, secret)
    except ApiError:
        secret.body = kept
        raise
    if secret.body.get("topics") != kept.get("topics"):
        notifications.test(call.cloud, secret)
    notifications.send(call.cloud, secret, "SECRET_UPDATE")
    return resources.view(call, secret)


def _check_rekeyed(call: Call, secret: Resource) -> None:
    """The keys of the replicas may change, for versions to come; how and where the secret is replicated may not."""
    if _places(call.body.get("replication") or {}) != _places(secret.body.get("replication") or {}):
        raise invalid("Field 'replication' of Secret is immutable and cannot be updated.")
    _check_replication(call, regional="/locations/" in call.name)
    for _, key in keys_of(call.body):
        project = call.cloud.project_of(call.name)
        crypto.primary(call.cloud, usable_key(call.cloud, project, key, ENCRYPT))


def _places(replication: Json) -> list[str]:
    if "automatic" in replication:
        return ["automatic"]
    return sorted(str(one.get("location")) for one in (replication.get("userManaged") or {}).get("replicas") or [])


def _check_aliases(call: Call, secret: Resource) -> None:
    aliases = secret.body.get("versionAliases") or {}
    if len(aliases) > 50:
        raise invalid("No more than 50 aliases can be assigned to a secret.")
    for alias, number in aliases.items():
        if not ALIAS.fullmatch(alias) or alias in {"latest", "NEW"}:
            raise invalid(f"Invalid version alias '{alias}'.")
        if call.cloud.store.find(f"{secret.name}/versions/{number}") is None:
            raise invalid(f"Version alias '{alias}' refers to version {number}, which does not exist.")


@handles("secretmanager.secrets.delete")
def delete(call: Call) -> Json:
    """Delete a secret with its versions, for good and at once."""
    secret = resources.remove(call)
    notifications.send(call.cloud, secret, "SECRET_DELETE", deleteType="USER_INITIATED")
    return {}
