"""Cloud Storage: objects, uploaded whole.

Read in magic-modules: storage/resource_storage_bucket_object.go. From knowledge: pulumi-terraform-bridge names the file
it makes of an asset by the asset's hash, so that a changed `source` replaces the object; Google's Go client tells the
content type from the first bytes.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp import body as bodies
from keystead_sandbox.pulumi_provider.gcp.context import ABSENT, Context
from keystead_sandbox.pulumi_provider.gcp.operations import Operations, may_delete
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import FIXED, Json, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import Failure
from keystead_sandbox.pulumi_provider.values.archives import Source, at_hand, packed
from keystead_sandbox.pulumi_provider.values.scalars import Text, has_unknown

CONTENT = ("content", "sourceMd5hash", "detectMd5hash")
"""Properties whose change uploads the object again."""


def media(inputs: Mapping[str, Any]) -> bytes:
    """Return what is to be uploaded."""
    source = inputs.get("source")
    return packed(source) if source is not None else str(inputs.get("content") or "").encode()


def md5(data: bytes) -> str:
    """Return the hash that Cloud Storage keeps of an object's content."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _kind(data: bytes) -> str:
    if data[:4] == b"PK\x03\x04":
        return "application/zip"
    return "application/x-gzip" if data[:3] == b"\x1f\x8b\x08" else "text/plain; charset=utf-8"


class Uploads(Operations):
    """Objects of a bucket; an upload replaces what has the name, as the official provider's does."""

    def create(self, context: Context) -> None:
        """Upload metadata and content in one call."""
        data = media(context.inputs)
        about = bodies.build(context)
        kind = "" if context.inputs.get("forceEmptyContentType") else str(about.get("contentType") or _kind(data))
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(about)}\r\n"
        head += f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n"
        content = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        path = f"/upload/storage/v1/b/{context.require('bucket')}/o"
        query = {"uploadType": "multipart", "name": context.require("name")}
        context.session.client.send("POST", path, content, f"multipart/related; boundary={boundary}", query)
        context.id = context.fill(context.schema.id)

    def read(self, context: Context) -> Json | None:
        """Return what is known of the object."""
        if context.id and not context.state and not context.inputs:
            raise ProviderError(f"{context.schema.type} cannot be imported, as with the official provider")
        return context.find(self._path(context))

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Upload it again where its content is another."""
        if set(CONTENT).intersection(changed):
            self.create(context)

    def delete(self, context: Context) -> None:
        """Delete the object."""
        if not may_delete(context):
            return
        try:
            context.call("DELETE", self._path(context))
        except CloudError as error:
            if error.code not in ABSENT:
                raise

    @staticmethod
    def _path(context: Context) -> str:
        return f"b/{context.require('bucket')}/o/{quote(str(context.require('name')), safe='')}"


def _hashes(_: Context, record: Json) -> Json:
    hashed = record.get("md5Hash") or ""
    shown = {"_hex": base64.b64decode(hashed).hex(), "_detectMd5hash": hashed}
    return {**record, **shown, "_generation": int(record.get("generation") or 0)}


def _problems(inputs: Mapping[str, Any]) -> list[Failure]:
    given = [name for name in ("source", "content") if inputs.get(name) is not None]
    return [] if len(given) == 1 else [("source", "exactly one of source and content must be given")]


@dataclass(frozen=True)
class Detected(Text):
    """The hash of the content in the cloud; what is declared is compared with the content itself."""

    def same(self, old: Any, new: Any) -> bool:
        """The comparison is made with the content."""
        del old, new
        return True


def _drift(context: Context) -> list[Difference]:
    """The content is another than the cloud has, without another source: a file or the object was changed."""
    inputs, held = context.inputs, context.state.get("detectMd5hash")
    if has_unknown(dict(inputs)) or inputs.get("sourceMd5hash") or not held:
        return []
    if inputs.get("source") is not None and not at_hand(inputs["source"]):
        return []
    if not context.schema.kinds["source"].same(context.state.get("source"), inputs.get("source")):
        return []
    return [] if md5(media(inputs)) == held else [Difference("detectMd5hash", "update", replace=False)]


OBJECT = Resource(
    type="gcp:storage/bucketObject:BucketObject",
    api="storage.v1",
    schema="Object",
    special={
        "bucket": part(kind=Named(least=1)),
        "name": part(),
        "source": Property(kind=Source(), local=True, replace=True),
        "detectMd5hash": Property(kind=Detected(), local=True, computed=True),
        "contentType": Property(replace=True, computed=True),
        "forceEmptyContentType": FIXED,
        "cacheControl": FIXED,
        "contentDisposition": FIXED,
        "contentEncoding": FIXED,
        "contentLanguage": FIXED,
        "metadata": FIXED,
        "storageClass": Property(replace=True, computed=True),
    },
    operations=Uploads(),
    id="{bucket}-{name}",
    outputs={
        "crc32c": "crc32c",
        "generation": "_generation",
        "md5hash": "md5Hash",
        "md5hexhash": "_hex",
        "mediaLink": "mediaLink",
        "outputName": "name",
        "selfLink": "https://www.googleapis.com/storage/v1/b/{bucket}/o/{name}",
    },
    predicted={"outputName": "{name}"},
    volatile=dict.fromkeys(("crc32c", "generation", "md5hash", "md5hexhash", "mediaLink"), ()),
    name=Autoname(),
    verify=_problems,
    decode=_hashes,
    detect=_drift,
    parse=lambda _: {},
    refused=frozenset({"contexts", "customerEncryption", "eventBasedHold", "kmsKeyName", "retention", "temporaryHold"}),
    sensitive=frozenset({"content"}),
)

RESOURCES = (OBJECT,)
