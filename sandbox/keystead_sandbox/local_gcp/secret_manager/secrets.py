"""Secret Manager: secrets, their replication and keys, their topics, expiry and rotation settings.

Source: Secret Manager API v1 reference and guide: "Enable CMEK", "Create rotation schedules", "Set up notifications",
"Delay destruction of secret versions". Refusals about keys and service identity: terraform-google-secret-manager #74.
"""

import re
from typing import Any

from keystead_sandbox.common.timeline import DAY
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.kms import cryptography
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.pubsub import messages
from keystead_sandbox.local_gcp.secret_manager import notifications
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

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
        replicas = reach(replication, "userManaged.replicas") or []
    found = [(one["location"], reach(one, "customerManagedEncryption.kmsKeyName")) for one in replicas]
    found.append(("", reach(secret, "customerManagedEncryption.kmsKeyName")))
    return [(location, key) for location, key in found if key]


def usable_key(cloud: Cloud, project: str, name: str, permission: str) -> Resource:
    """A customer's key that the service agent may use; Google refuses with FAILED_PRECONDITION where it may not."""
    if not cloud.services.has_agent(project, SERVICE):
        raise precondition(NO_IDENTITY)
    canonical = cloud.canonical(name)
    key = cloud.store.find(canonical)
    if key is None or not cloud.may(cloud.services.agent(project, SERVICE), permission, canonical):
        raise precondition(f"Permission '{permission}' denied on resource '{name}' (or it may not exist).")
    return key


@handles("secretmanager.secrets.create")
def create(call: Call) -> Json:
    """A new secret without a version."""
    _set_expiry(call, call.body)
    secret = standard.create(call, {"versions": 0})
    secret.body.pop("tags", None)
    notifications.test(call.cloud, secret)
    notifications.send(call.cloud, secret, "SECRET_CREATE")
    return standard.view(call, secret)


def _check_encryption(call: Call, body: Json) -> None:
    _check_replication(body, regional="/locations/" in call.name)
    for _, key in keys_of(body):
        cryptography.primary(call.cloud, usable_key(call.cloud, call.project, key, ENCRYPT))


ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt"


def _check_replication(body: Json, *, regional: bool) -> None:
    replication = body.get("replication")
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
    for location, key in keys_of(body):
        if f"/locations/{location}/" not in key and "automatic" in replication:
            text = "Automatic replication policy can only be configured with Cloud KMS keys in location [global]."
            raise invalid(f"{text} Requested: [{key}]")
        if f"/locations/{location}/" not in key:
            raise invalid(f"Cloud KMS key [{key}] must be in the location of its replica, [{location}].")


def _set_expiry(call: Call, body: Json) -> None:
    """Turn a time to live into the time of the expiry."""
    ttl = body.pop("ttl", None)
    if ttl is not None:
        if body.get("expireTime"):
            raise invalid("Only one of expire_time and ttl can be set.")
        if timestamps.duration(ttl) <= 0:
            raise invalid("ttl must be positive.")
        body["expireTime"] = timestamps.text(call.now + timestamps.duration(ttl))


@checks(SECRET.key)
def check(call: Call, body: Json, before: Json) -> None:
    """Refuse what Google refuses: keys, expiry, delay, annotations, topics, rotation and aliases."""
    if before and _places(body) != _places(before):
        raise invalid("Field 'replication' of Secret is immutable and cannot be updated.")
    if not before or body.get("replication") != before.get("replication"):
        _check_encryption(call, body)
    end = body.get("expireTime")
    if end and end != before.get("expireTime") and timestamps.seconds(end) <= call.now:
        raise invalid("expire_time must be in the future.")
    delay = body.get("versionDestroyTtl")
    if delay and not DAY <= timestamps.duration(delay) <= 1000 * DAY:
        raise invalid("version_destroy_ttl must be between 24 hours and 1000 days.")
    _check_annotations(body.get("annotations") or {})
    _check_topics(call, body.get("topics") or [], before.get("topics"))
    if body.get("rotation") != before.get("rotation") or not body.get("topics"):
        _check_rotation(call, body, reach(before, "rotation.nextRotationTime"))
    _check_aliases(call, body.get("versionAliases") or {})


def _check_annotations(annotations: dict[str, str]) -> None:
    for key in annotations:
        if not ANNOTATION.fullmatch(key):
            raise invalid(f"Invalid annotation key '{key}'.")
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) >= MOST_ANNOTATIONS:
        raise invalid("The total size of annotation keys and values must be less than 16KiB.")


def _check_topics(call: Call, topics: list[Any], before: Any) -> None:
    if len(topics) > 10:
        raise invalid("No more than 10 topics can be configured on a secret.")
    if not topics or topics == before:
        return
    if not call.cloud.services.has_agent(call.project, SERVICE):
        raise precondition(NO_IDENTITY)
    agent = call.cloud.services.agent(call.project, SERVICE)
    for topic in topics:
        if not messages.admits(call.cloud, agent, str(topic.get("name"))):
            text = f"Permission 'pubsub.topics.publish' denied on resource '{topic.get('name')}' (or it may not exist)."
            raise precondition(f"{text} Grant roles/pubsub.publisher on the topic to {agent}.")


def _check_rotation(call: Call, body: Json, before: Any) -> None:
    rotation = body.get("rotation")
    if not rotation:
        return
    period, following = rotation.get("rotationPeriod"), rotation.get("nextRotationTime")
    if not body.get("topics"):
        raise invalid("Secret.topics must be set to configure rotation.")
    if period and not following:
        raise invalid("If rotation_period is set, next_rotation_time must be set.")
    if period and not 3600 <= timestamps.duration(period) <= LONGEST:
        raise invalid("rotation_period must be at least 3600s (1h) and at most 3153600000s (100 years).")
    ahead = timestamps.seconds(following) - call.now if following and following != before else None
    if ahead is not None and ahead < 300:
        raise invalid("next_rotation_time cannot be set to less than 300s (5 min) in the future.")
    if ahead is not None and ahead > LONGEST:
        raise invalid("next_rotation_time cannot be set to more than 3153600000s (100 years) in the future.")


def _check_aliases(call: Call, aliases: dict[str, Any]) -> None:
    if len(aliases) > 50:
        raise invalid("No more than 50 aliases can be assigned to a secret.")
    for alias, number in aliases.items():
        if not ALIAS.fullmatch(alias) or alias in {"latest", "NEW"}:
            raise invalid(f"Invalid version alias '{alias}'.")
        if call.cloud.store.find(f"{call.name}/versions/{number}") is None:
            raise invalid(f"Version alias '{alias}' refers to version {number}, which does not exist.")


def _places(secret: Json) -> list[str]:
    """How and where a secret is replicated, which cannot change; the keys of its replicas can, for versions to come."""
    replication = secret.get("replication") or {}
    if "automatic" in replication:
        return ["automatic"]
    return sorted(str(one.get("location")) for one in reach(replication, "userManaged.replicas") or [])


@handles("secretmanager.secrets.patch")
def patch(call: Call) -> Json:
    """Change labels, annotations, topics, expiry, rotation, aliases, keys or the delay of destruction."""
    topics = standard.require(call).body.get("topics")
    _set_expiry(call, call.body)
    mask = call.query.get("updateMask")
    if mask is not None:
        mask = ",".join("expireTime" if one.strip() == "ttl" else one for one in str(mask).split(","))
    secret = standard.patch(call, mask=mask)
    if secret.body.get("topics") != topics:
        notifications.test(call.cloud, secret)
    notifications.send(call.cloud, secret, "SECRET_UPDATE")
    return standard.view(call, secret)


@handles("secretmanager.secrets.delete")
def delete(call: Call) -> Json:
    """Delete a secret with its versions, for good and at once."""
    secret = standard.remove(call)
    notifications.send(call.cloud, secret, "SECRET_DELETE", deleteType="USER_INITIATED")
    return {}
