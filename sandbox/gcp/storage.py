"""Cloud Storage, as much as function sources need: buckets, and objects put and fetched whole.

Source: Cloud Storage JSON API v1 reference.
"""

import email
import email.policy
import json
import zlib
from typing import TYPE_CHECKING

from sandbox.gcp import moments
from sandbox.gcp.call import Call, handles
from sandbox.gcp.credentials import basic
from sandbox.gcp.errors import ApiError, Json, invalid, not_found

if TYPE_CHECKING:
    from sandbox.gcp.cloud import Cloud


def _project(call: Call) -> str:
    return str(call.query.get("project") or "")


def bucket_project(cloud: "Cloud", bucket: str) -> str:
    """The project a bucket belongs to; empty where there is no such bucket."""
    found = cloud.buckets.get(bucket)
    return str(found["project"]) if found else ""


@handles("storage.buckets.insert")
def create_bucket(call: Call) -> Json:
    """A new bucket; names are taken once for all projects."""
    project = call.cloud.canonical(f"projects/{_project(call)}")
    call.cloud.demand(call.caller, "storage.buckets.create", project)
    name = str(call.body.get("name") or "")
    if not name:
        raise invalid("Required parameter: name")
    if name in call.cloud.buckets:
        text = "Your previous request to create the named bucket succeeded and you already own it."
        raise ApiError("ALREADY_EXISTS", text)
    now = moments.text(call.cloud.clock.now())
    body = {"kind": "storage#bucket", "location": "US", "storageClass": "STANDARD", **call.body}
    body |= {"id": name, "timeCreated": now, "updated": now, "metageneration": "1"}
    body["projectNumber"] = call.cloud.number(call.cloud.project_of(project))
    call.cloud.buckets[name] = {"project": call.cloud.project_of(project), "body": body}
    return body


def _bucket(call: Call, permission: str) -> Json:
    name = call.path["bucket"]
    project = bucket_project(call.cloud, name)
    if not project:
        raise not_found("The specified bucket does not exist.")
    call.cloud.demand(call.caller, permission, f"projects/{project}/buckets/{name}")
    found: Json = call.cloud.buckets[name]["body"]
    return found


@handles("storage.buckets.get")
def get_bucket(call: Call) -> Json:
    """A bucket."""
    return _bucket(call, "storage.buckets.get")


@handles("storage.buckets.patch", "storage.buckets.update")
def patch_bucket(call: Call) -> Json:
    """Change a bucket."""
    body = _bucket(call, "storage.buckets.update")
    body.update(call.body)
    return body


@handles("storage.buckets.delete")
def delete_bucket(call: Call) -> Json:
    """Delete an empty bucket."""
    _bucket(call, "storage.buckets.delete")
    name = call.path["bucket"]
    if any(bucket == name for bucket, _ in call.cloud.objects):
        raise ApiError("ABORTED", "The bucket you tried to delete is not empty.")
    del call.cloud.buckets[name]
    return {}


def _object(bucket: str, name: str, data: bytes) -> Json:
    return {
        "kind": "storage#object",
        "bucket": bucket,
        "name": name,
        "size": str(len(data)),
        "generation": str(zlib.crc32(data) + 1),
        "crc32c": basic(zlib.crc32(data).to_bytes(4, "big")),
    }


@handles("storage.objects.get")
def get_object(call: Call) -> Json:
    """What is known of an object."""
    _bucket(call, "storage.objects.get")
    key = call.path["bucket"], call.path["object"]
    if key not in call.cloud.objects:
        raise not_found(f"No such object: {'/'.join(key)}")
    return _object(*key, call.cloud.objects[key])


@handles("storage.objects.delete")
def delete_object(call: Call) -> Json:
    """Delete an object."""
    _bucket(call, "storage.objects.delete")
    if call.cloud.objects.pop((call.path["bucket"], call.path["object"]), None) is None:
        raise not_found(f"No such object: {call.path['bucket']}/{call.path['object']}")
    return {}


def upload(cloud: "Cloud", account: str, bucket: str, name: str, kind: str, body: bytes) -> Json:
    """Put an object: the media alone, or metadata and media in a multipart/related body."""
    project = bucket_project(cloud, bucket)
    if not project:
        raise not_found("The specified bucket does not exist.")
    cloud.demand(account, "storage.objects.create", f"projects/{project}/buckets/{bucket}")
    data = body
    if kind.startswith("multipart/related"):
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = list(email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts())
        name = name or str(json.loads(bytes(parts[0].get_payload(decode=True))).get("name"))
        data = bytes(parts[1].get_payload(decode=True))
    if not name:
        raise invalid("Required parameter: name")
    cloud.objects[bucket, name] = data
    return _object(bucket, name, data)
