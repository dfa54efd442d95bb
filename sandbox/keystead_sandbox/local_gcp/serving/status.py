"""What `/_keystead/status` and `/_keystead/incidents` show of a cloud: names and counts, never a value."""

from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

CURRENT, PENDING = "current", "pending"
"""Aliases that mark the version readers use, and the one a rotation is bringing in."""


def of(cloud: Cloud) -> Json:
    """The projects, the clock, and the state of the secrets."""
    with cloud.lock:
        secrets = list(cloud.store.of_kind("secretmanager.secrets"))
        # no rotation is under way while `pending` is on no version or on the current one
        rotating = [one for one in secrets if _version(one, PENDING) not in {"", _version(one, CURRENT)}]
        return {
            "projects": dict(cloud.settings.projects),
            "offset": cloud.clock.offset,
            "secrets": len(secrets),
            "keys": sum(1 for _ in cloud.store.of_kind("cloudkms.cryptoKeys")),
            "functions": sum(1 for _ in cloud.store.of_kind("cloudfunctions.functions")),
            "pending_rotations": sorted(one.id for one in rotating),
            "secrets_without_value": sorted(one.name for one in secrets if not one.hidden.get("versions")),
            "first_values_due": sorted(
                one.id for one in secrets if not _version(one, CURRENT) and _rotates(cloud, one)
            ),
            "incidents": [one["displayName"] for one in cloud.incidents if one["state"] == "OPEN"],
        }


def incidents(cloud: Cloud) -> Json:
    """All incidents, open and closed."""
    with cloud.lock:
        return {"incidents": [dict(one) for one in cloud.incidents]}


def _version(secret: Resource, alias: str) -> str:
    return str(reach(secret.body, f"versionAliases.{alias}") or "")


def _rotates(cloud: Cloud, secret: Resource) -> bool:
    """Whether a function rotates it: it has a schedule and a topic that pushes to one."""
    topics = {cloud.canonical(one["name"]) for one in secret.body.get("topics") or []}
    return bool(secret.body.get("rotation")) and any(
        one.body.get("topic") in topics and reach(one.body, "pushConfig.pushEndpoint")
        for one in cloud.store.of_kind("pubsub.subscriptions")
    )
