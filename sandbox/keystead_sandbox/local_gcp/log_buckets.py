"""Cloud Logging buckets: where sinks keep entries, and for how many days.

Source: Cloud Logging API v2 reference, projects.locations.buckets; guide, "Log bucket retention". A deleted bucket
takes nothing any more and is gone after seven days; `_Default` and `_Required` are there from the start and stay.
"""

from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_gcp import moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource

BUCKET = KINDS["logging.buckets"]
DEFAULT_DAYS, REQUIRED_DAYS, MOST_DAYS, KEPT_DAYS = 30, 400, 3650, 7
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
    kept[:] = [entry for entry in kept if moments.seconds(entry["receiveTimestamp"]) >= oldest]
    return list(kept)


def _check(body: Json) -> None:
    days = body.get("retentionDays")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise invalid(f"Retention period must be between 1 and {MOST_DAYS} days.")


@handles("logging.buckets.create", "logging.buckets.createAsync")
def create(call: Call) -> Json:
    """A new bucket."""
    call.body["retentionDays"] = call.body.get("retentionDays") or DEFAULT_DAYS
    _check(call.body)
    bucket = resources.create(call)
    bucket.body["lifecycleState"] = "ACTIVE"
    return _answer(call, bucket)


@handles("logging.buckets.patch", "logging.buckets.updateAsync")
def patch(call: Call) -> Json:
    """Change a bucket; a locked one keeps its retention."""
    bucket = resources.require(call, BUCKET, call.name)
    if not call.query.get("updateMask"):
        raise invalid("The request was malformed: update_mask is required.")
    if bucket.body["lifecycleState"] != "ACTIVE":
        raise precondition(f"Bucket {bucket.id} is in state {bucket.body['lifecycleState']}.")
    if (
        bucket.body.get("locked")
        and call.body.get("retentionDays", bucket.body["retentionDays"]) != (bucket.body["retentionDays"])
    ):
        raise precondition(f"Bucket {bucket.id} is locked; its retention cannot be changed.")
    _check(call.body)
    resources.patch(call)
    return _answer(call, bucket)


def _answer(call: Call, bucket: Resource) -> Json:
    shown = resources.view(call, bucket)
    if call.method.response != "Operation":
        return shown
    return call.cloud.operations.done(bucket.name.rsplit("/", 2)[0], shown, "google.logging.v2.LogBucket")


@handles("logging.buckets.delete")
def delete(call: Call) -> Json:
    """Ask for a bucket's deletion; it is gone after seven days."""
    bucket = resources.require(call, BUCKET, call.name)
    if bucket.id in BUILT_IN:
        raise invalid(f"The bucket {bucket.id} cannot be deleted.")
    if bucket.body.get("locked") and entries(call.cloud, bucket):
        raise precondition(f"Bucket {bucket.id} is locked and not empty.")
    bucket.body["lifecycleState"] = "DELETE_REQUESTED"
    bucket.hidden["gone"] = call.cloud.clock.now() + KEPT_DAYS * DAY
    return {}


@handles("logging.buckets.undelete")
def undelete(call: Call) -> Json:
    """Take a deletion back."""
    bucket = resources.require(call, BUCKET, call.name)
    if bucket.body["lifecycleState"] != "DELETE_REQUESTED":
        raise ApiError("FAILED_PRECONDITION", f"Bucket {bucket.id} is not being deleted.")
    bucket.body["lifecycleState"] = "ACTIVE"
    bucket.hidden.pop("gone")
    return {}


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Buckets whose deletion was asked for seven days ago."""
    for bucket in cloud.store.of_kind(BUCKET.key):
        at = bucket.hidden.get("gone")
        if at is not None and at <= span.until:
            yield Due(at, "purge", bucket.name, partial(_purge, cloud, bucket))


def _purge(cloud: Cloud, bucket: Resource) -> str:
    with cloud.lock:
        if "gone" not in bucket.hidden or cloud.store.find(bucket.name) is not bucket:
            return "taken back"
        cloud.store.remove(bucket)
        return "gone for good"
