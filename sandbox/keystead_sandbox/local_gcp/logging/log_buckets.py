"""Cloud Logging buckets: where sinks keep entries, and for how many days.

Source: Cloud Logging API v2 reference, projects.locations.buckets; guide, "Log bucket retention". A deleted bucket
takes no more entries and is purged after seven days; `_Default` and `_Required` always exist.
"""

from collections.abc import Iterator

from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.methods import deadlines, standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

BUCKET = KINDS["logging.buckets"]
DEFAULT_DAYS, REQUIRED_DAYS, MOST_DAYS, KEPT_DAYS = 30, 400, 3650, 7
PURGE_TIME = "purgeTime"
BUILT_IN = {"_Default": DEFAULT_DAYS, "_Required": REQUIRED_DAYS}
MOST_ENTRIES = 5000


def make_defaults(cloud: Cloud) -> None:
    """The buckets every project has."""
    for project in cloud.settings.projects:
        for name, days in BUILT_IN.items():
            body = {"retentionDays": days, "lifecycleState": "ACTIVE", "description": f"{name[1:]} bucket"}
            if name == "_Required":
                body["locked"] = True
            cloud.store.add(Resource(BUCKET, f"projects/{project}/locations/global/buckets/{name}", body))


def named(cloud: Cloud, name: str) -> Resource | None:
    """The bucket a sink's destination or a view of it means, where it takes entries."""
    found = cloud.store.find(cloud.canonical(name.removeprefix("logging.googleapis.com/").partition("/views/")[0]))
    if found is None or found.kind is not BUCKET or found.body["lifecycleState"] != "ACTIVE":
        return None
    return found


def keep(bucket: Resource, entry: Json) -> None:
    """Put an entry into a bucket."""
    entries = bucket.hidden.setdefault("entries", [])
    entries.append(entry)
    del entries[:-MOST_ENTRIES]


def entries(cloud: Cloud, bucket: Resource) -> list[Json]:
    """What a bucket holds within its retention."""
    oldest = cloud.clock.now() - bucket.body["retentionDays"] * DAY
    kept: list[Json] = bucket.hidden.get("entries", [])
    kept[:] = [entry for entry in kept if timestamps.seconds(entry["receiveTimestamp"]) >= oldest]
    return list(kept)


@checks(BUCKET.key)
def check(call: Call, body: Json, before: Json) -> None:
    """Refuse an invalid retention, and a change of retention on a locked bucket."""
    if not before:
        body.update(retentionDays=body.get("retentionDays") or DEFAULT_DAYS, lifecycleState="ACTIVE")
    if before.get("locked") and body.get("retentionDays") != before["retentionDays"]:
        raise precondition(f"Bucket {call.name.rpartition('/')[2]} is locked; its retention cannot be changed.")
    if not 1 <= body["retentionDays"] <= MOST_DAYS:
        raise invalid(f"Retention period must be between 1 and {MOST_DAYS} days.")


@handles("logging.buckets.patch", "logging.buckets.updateAsync")
def patch(call: Call) -> Json:
    """Change a bucket that is not being deleted."""
    bucket = standard.require(call)
    standard.require_mask(call)
    if bucket.body["lifecycleState"] != "ACTIVE":
        raise precondition(f"Bucket {bucket.id} is in state {bucket.body['lifecycleState']}.")
    return standard.answer(call, standard.patch(call))


@handles("logging.buckets.delete")
def delete(call: Call) -> Json:
    """Request a bucket's deletion; it is purged after seven days."""
    bucket = standard.require(call)
    if bucket.id in BUILT_IN:
        raise invalid(f"The bucket {bucket.id} cannot be deleted.")
    if bucket.body.get("locked") and entries(call.cloud, bucket):
        raise precondition(f"Bucket {bucket.id} is locked and not empty.")
    bucket.body["lifecycleState"] = "DELETE_REQUESTED"
    bucket.hidden[PURGE_TIME] = timestamps.text(call.now + KEPT_DAYS * DAY)
    return {}


@handles("logging.buckets.undelete")
def undelete(call: Call) -> Json:
    """Cancel a deletion."""
    bucket = standard.require(call)
    if bucket.body["lifecycleState"] != "DELETE_REQUESTED":
        raise precondition(f"Bucket {bucket.id} is not being deleted.")
    bucket.body["lifecycleState"] = "ACTIVE"
    bucket.hidden.pop(PURGE_TIME)
    return {}


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Buckets whose deletion was requested seven days ago."""
    return deadlines.due(cloud, span, BUCKET.key, PURGE_TIME, "purge", _purge)


def _purge(cloud: Cloud, bucket: Resource) -> str:
    cloud.store.remove(bucket)
    return "deleted"
