"""Cloud Storage objects: put, fetched whole, listed, deleted; older generations stay where the bucket keeps versions.

Source: Cloud Storage JSON API v1 reference; guide, "Object Versioning", "Request preconditions".
"""

import base64
import email
import email.policy
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keystead_sandbox.local_gcp import buckets, moments
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.checksums import crc32c
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, not_found
from keystead_sandbox.local_gcp.schema import basic

if TYPE_CHECKING:
    from keystead_sandbox.local_gcp.cloud import Cloud

NOT_HELD = "At least one of the pre-conditions you specified did not hold."
OWN = ("contentType", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "metadata")
"""What a caller may say about an object."""


@dataclass(slots=True)
class Item:
    """One generation of an object."""

    body: Json
    data: bytes = field(repr=False)


class Objects:
    """All objects of the cloud; the last item of a list is the live one, unless it was deleted."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], list[Item]] = {}
        self._last = 0

    def generation(self) -> int:
        """A new generation: microseconds, and never the same twice."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def put(self, bucket: str, name: str, item: Item, *, keep: bool) -> None:
        """Make an item the live one; the one before stays where versions are kept."""
        items = self._items.setdefault((bucket, name), [])
        if keep and items:
            items[-1].body.setdefault("timeDeleted", item.body["timeCreated"])
        elif not keep:
            items.clear()
        items.append(item)

    def find(self, bucket: str, name: str, generation: str = "") -> Item | None:
        """The live item, or a given generation."""
        for item in reversed(self._items.get((bucket, name), [])):
            if generation == item.body["generation"] or (not generation and "timeDeleted" not in item.body):
                return item
        return None

    def remove(self, bucket: str, name: str, item: Item, *, deleted: str = "") -> None:
        """Delete an item for good, or make it an older version at a moment."""
        if deleted:
            item.body["timeDeleted"] = deleted
            return
        items = self._items[bucket, name]
        items.remove(item)
        if not items:
            del self._items[bucket, name]

    def of(self, bucket: str, *, versions: bool = False) -> list[Item]:
        """The items of a bucket by name, without the older versions unless they are asked for."""
        found = [item for key in sorted(self._items) if key[0] == bucket for item in self._items[key]]
        return [item for item in found if versions or "timeDeleted" not in item.body]


def _item(call: Call) -> Item:
    bucket, name = call.path["bucket"], call.path["object"]
    found = call.cloud.objects.find(bucket, name, str(call.query.get("generation") or ""))
    if found is None:
        raise not_found(f"No such object: {bucket}/{name}")
    _check(call.query, found)
    return found


def _check(conditions: Json, item: Item | None) -> None:
    wanted = conditions.get("ifGenerationMatch")
    if wanted is not None and str(wanted) != (item.body["generation"] if item else "0"):
        raise ApiError("CONDITION_NOT_MET", NOT_HELD)
    wanted = conditions.get("ifMetagenerationMatch")
    if wanted is not None and (item is None or str(wanted) != item.body["metageneration"]):
        raise ApiError("CONDITION_NOT_MET", NOT_HELD)


@handles("storage.objects.get")
def get(call: Call) -> Json:
    """What is known of an object."""
    return _item(call).body


@handles("storage.objects.list")
def listing(call: Call) -> Json:
    """The objects of a bucket."""
    prefix = str(call.query.get("prefix") or "")
    found = call.cloud.objects.of(call.path["bucket"], versions=bool(call.query.get("versions")))
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
    item.body.update(
        metageneration=str(int(item.body["metageneration"]) + 1), updated=moments.text(call.cloud.clock.now())
    )
    return item.body


@handles("storage.objects.delete")
def delete(call: Call) -> Json:
    """Delete an object: the live one becomes an older version where those are kept."""
    item = _item(call)
    keeps = buckets.keeps_versions(call.cloud, call.path["bucket"]) and not call.query.get("generation")
    deleted = moments.text(call.cloud.clock.now()) if keeps else ""
    call.cloud.objects.remove(call.path["bucket"], call.path["object"], item, deleted=deleted)
    return {}


def upload(cloud: "Cloud", bucket: str, kind: str, conditions: Json, body: bytes) -> Json:
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
    _check(conditions, cloud.objects.find(bucket, name))
    item = store(cloud, bucket, name, data, {"contentType": content_type, **about})
    return item.body


def store(cloud: "Cloud", bucket: str, name: str, data: bytes, about: Json) -> Item:
    """Keep an object's new generation."""
    unknown = sorted(set(about) - {*OWN, "name", "bucket", "md5Hash", "crc32c"})
    if unknown:
        raise invalid(f"Invalid argument: an upload cannot set {', '.join(unknown)}.")
    generation, now = str(cloud.objects.generation()), moments.text(cloud.clock.now())
    sums = {
        "crc32c": basic(crc32c(data).to_bytes(4, "big")),
        "md5Hash": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
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
        "etag": basic(generation.encode()),
        "timeCreated": now,
        "updated": now,
        **sums,
        **{key: about[key] for key in OWN if key in about},
    }
    item = Item(body, data)
    cloud.objects.put(bucket, name, item, keep=buckets.keeps_versions(cloud, bucket))
    return item
