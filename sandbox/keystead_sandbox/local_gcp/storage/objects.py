"""Cloud Storage objects: put, fetched whole, listed, deleted; older generations stay where the bucket keeps versions.

Source: Cloud Storage JSON API v1 reference; guide, "Object Versioning", "Request preconditions".
"""

import email
import email.policy
import hashlib
import json

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import crc32c, encoded
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid, not_found
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.storage import Item

OWN = ("contentType", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "metadata")
"""What a caller may say about an object."""


def _item(call: Call) -> Item:
    bucket, name = call.path["bucket"], call.path["object"]
    found = call.cloud.storage.find(bucket, name, str(call.query.get("generation") or ""))
    if found is None:
        raise not_found(f"No such object: {bucket}/{name}")
    _check(call.query, found)
    return found


def _check(conditions: Json, item: Item | None) -> None:
    generation, metageneration = conditions.get("ifGenerationMatch"), conditions.get("ifMetagenerationMatch")
    current = item.body if item else {"generation": "0", "metageneration": ""}
    if (generation is not None and str(generation) != current["generation"]) or (
        metageneration is not None and str(metageneration) != current["metageneration"]
    ):
        raise ApiError("CONDITION_NOT_MET", "At least one of the pre-conditions you specified did not hold.")


@handles("storage.objects.get")
def get(call: Call) -> Json:
    """What is known of an object."""
    return _item(call).body


@handles("storage.objects.list")
def listing(call: Call) -> Json:
    """The objects of a bucket."""
    prefix = str(call.query.get("prefix") or "")
    found = call.cloud.storage.items(call.path["bucket"], versions=bool(call.query.get("versions")))
    shown = [item.body for item in found if item.body["name"].startswith(prefix)]
    return {"kind": "storage#objects", **({"items": shown} if shown else {})}


@handles("storage.objects.patch", "storage.objects.update")
def patch(call: Call) -> Json:
    """Change what is said about an object."""
    item = _item(call)
    unknown = sorted(set(call.body) - {*OWN, "name", "bucket"})
    if unknown and call.method.action == "patch":
        raise invalid(f"Invalid argument: {', '.join(unknown)} of an object cannot be changed.")
    item.body.update({name: value for name, value in call.body.items() if name in OWN})
    number = str(int(item.body["metageneration"]) + 1)
    item.body.update(metageneration=number, updated=timestamps.text(call.now))
    return item.body


@handles("storage.objects.delete")
def delete(call: Call) -> Json:
    """Delete an object: the live one becomes an older version where those are kept."""
    item = _item(call)
    deleted = "" if call.query.get("generation") else timestamps.text(call.now)
    call.cloud.storage.remove(call.path["bucket"], call.path["object"], item, deleted=deleted)
    return {}


def upload(cloud: Cloud, bucket: str, kind: str, conditions: Json, body: bytes) -> Json:
    """Put an object: the media alone, or metadata and media in a multipart/related body."""
    about: Json = {}
    data, content_type = body, kind
    if kind.startswith("multipart/related"):
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = list(email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts())
        if len(parts) != 2:
            raise invalid("A multipart/related upload has two parts: metadata and media.")
        about = json.loads(bytes(parts[0].get_payload(decode=True)))
        data, content_type = bytes(parts[1].get_payload(decode=True)), parts[1].get_content_type()
    name = str(conditions.get("name") or about.get("name") or "")
    if not name:
        raise invalid("Required parameter: name")
    _check(conditions, cloud.storage.find(bucket, name))
    item = store(cloud, bucket, name, data, {"contentType": content_type, **about})
    return item.body


def store(cloud: Cloud, bucket: str, name: str, data: bytes, about: Json) -> Item:
    """Keep an object's new generation."""
    unknown = sorted(set(about) - {*OWN, "name", "bucket", "md5Hash", "crc32c"})
    if unknown:
        raise invalid(f"Invalid argument: an upload cannot set {', '.join(unknown)}.")
    generation, now = str(cloud.storage.generation()), timestamps.text(cloud.clock.now())
    sums = {
        "crc32c": encoded(crc32c(data).to_bytes(4, "big")),
        "md5Hash": encoded(hashlib.md5(data, usedforsecurity=False).digest()),
    }
    for field_name, computed in sums.items():
        if about.get(field_name, computed) != computed:
            raise invalid(f'Provided {field_name} "{about[field_name]}" doesn\'t match calculated "{computed}".')
    body = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "storageClass": "STANDARD",
        "size": str(len(data)),
        "etag": encoded(generation.encode()),
        "timeCreated": now,
        "updated": now,
        **sums,
        **{key: about[key] for key in OWN if key in about},
    }
    item = Item(body, data)
    cloud.storage.put(bucket, name, item)
    return item
