"""Cloud Storage buckets and their policies.

Source: Cloud Storage JSON API v1 reference; guide, "Bucket naming", "Uniform bucket-level access", "Public access
prevention", "Use IAM Conditions on buckets". Buckets and their objects take policies of uniform access only.
"""

import re
from typing import Any

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import encoded
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.methods.standard import check_labels
from keystead_sandbox.local_gcp.state.policies import PUBLIC
from keystead_sandbox.local_gcp.state.storage import Bucket

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
FIXED = ("name", "location", "projectNumber", "timeCreated", "locationType", "id")
SOFT_DELETE = {"retentionDurationSeconds": "604800"}
MULTI = {"US", "EU", "ASIA"}


@handles("storage.buckets.insert")
def create(call: Call) -> Json:
    """A new bucket; names are taken once for all projects."""
    project = call.cloud.project_of(call.cloud.canonical(f"projects/{call.query.get('project')}"))
    if project not in call.cloud.settings.projects:
        raise invalid("Unknown project id: {}".format(call.query.get("project")))
    call.cloud.demand(call.caller, "storage.buckets.create", f"projects/{project}")
    name = str(call.body.get("name") or "")
    _check_name(call, project, name)
    now = timestamps.text(call.now)
    location = str(call.body.get("location") or "US").upper()
    body = {
        "kind": "storage#bucket",
        "id": name,
        "storageClass": "STANDARD",
        **_merged({}, call.body),
        "timeCreated": now,
        "updated": now,
        "metageneration": "1",
        "location": location,
        "locationType": "multi-region" if location in MULTI else "region",
        "projectNumber": call.cloud.number(project),
        "softDeletePolicy": {**SOFT_DELETE, "effectiveTime": now, **(call.body.get("softDeletePolicy") or {})},
    }
    _complete(body)
    call.cloud.storage.buckets[name] = Bucket(project, body)
    return body


def _check_name(call: Call, project: str, name: str) -> None:
    if not name:
        raise invalid("Required parameter: name")
    if not NAME.fullmatch(name) or (len(name) > 63 and "." not in name) or name.startswith("goog") or "google" in name:
        raise invalid(f"Invalid bucket name: '{name}'")
    if name in call.cloud.storage.buckets:
        mine = call.cloud.storage.buckets[name].project == project
        text = "Your previous request to create the named bucket succeeded and you already own it."
        foreign = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        )
        raise ApiError("ALREADY_EXISTS", text if mine else foreign)


def _complete(body: Json) -> None:
    check_labels(body)
    access = dict(body.get("iamConfiguration") or {})
    access.setdefault("publicAccessPrevention", "inherited")
    if access["publicAccessPrevention"] not in {"inherited", "enforced"}:
        raise invalid(f"Invalid publicAccessPrevention: '{access['publicAccessPrevention']}'")
    uniform = {"enabled": False, **(access.get("uniformBucketLevelAccess") or {})}
    access |= {"uniformBucketLevelAccess": uniform, "bucketPolicyOnly": uniform}
    body["iamConfiguration"] = access
    body["etag"] = encoded(body["metageneration"].encode())


def _body(call: Call) -> Json:
    found = call.cloud.storage.bucket(call.path["bucket"]).body
    wanted = call.query.get("ifMetagenerationMatch")
    if wanted is not None and str(wanted) != found["metageneration"]:
        text = "At least one of the pre-conditions you specified did not hold."
        raise ApiError("CONDITION_NOT_MET", text)
    return found


@handles("storage.buckets.get")
def get(call: Call) -> Json:
    """A bucket."""
    return _body(call)


@handles("storage.buckets.list")
def listing(call: Call) -> Json:
    """The buckets of a project."""
    project = call.cloud.canonical(f"projects/{call.query.get('project')}")
    call.cloud.demand(call.caller, "storage.buckets.list", project)
    found = [one.body for one in call.cloud.storage.buckets.values() if f"projects/{one.project}" == project]
    return {"kind": "storage#buckets", **({"items": found} if found else {})}


@handles("storage.buckets.patch", "storage.buckets.update")
def patch(call: Call) -> Json:
    """Change a bucket; a field that is null goes away, one that is not named stays."""
    before = _body(call)
    fixed = [name for name in FIXED if name in call.body and str(call.body[name]).lower() != str(before[name]).lower()]
    if fixed:
        raise invalid(f"{fixed[0]} of a bucket cannot be changed.")
    body: Json = _merged(before, {name: value for name, value in call.body.items() if name not in FIXED})
    body["metageneration"] = str(int(before["metageneration"]) + 1)
    body["updated"] = timestamps.text(call.now)
    _complete(body)
    call.cloud.storage.bucket(call.path["bucket"]).body = body
    return body


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(new, dict):
        return new
    old = old if isinstance(old, dict) else {}
    merged = {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}
    return {name: value for name, value in merged.items() if value is not None}


@handles("storage.buckets.delete")
def delete(call: Call) -> Json:
    """Delete an empty bucket."""
    _body(call)
    name = call.path["bucket"]
    if call.cloud.storage.items(name, versions=True):
        raise ApiError("ALREADY_EXISTS", "The bucket you tried to delete is not empty.")
    call.cloud.policies.forget(call.name)
    del call.cloud.storage.buckets[name]
    return {}


@handles("storage.buckets.setIamPolicy")
def set_policy(call: Call) -> Json:
    """Replace a bucket's policy: no public members where those are prevented, conditions with uniform access only."""
    access = _body(call)["iamConfiguration"]
    bindings = call.body.get("bindings") or []
    if access["publicAccessPrevention"] == "enforced" and any(
        PUBLIC.intersection(one.get("members") or []) for one in bindings
    ):
        text = "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention"
        raise ApiError("CONDITION_NOT_MET", f"{text} is enforced.")
    if not access["uniformBucketLevelAccess"]["enabled"] and any(one.get("condition") for one in bindings):
        raise invalid("Bucket must have uniform bucket-level access enabled to have conditions in its policy.")
    return {"kind": "storage#policy", **call.cloud.policies.set(call.name, call.body).document(3)}
