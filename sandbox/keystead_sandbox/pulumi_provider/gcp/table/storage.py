"""Cloud Storage: buckets.

Read in magic-modules: storage/resource_storage_bucket.go. Left out: conditions of lifecycle rules that send zero
(send_*_if_zero), locking a retention policy.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.gcp import body as bodies
from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Labels, Property
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, MADE, UNSERVED, Nested
from keystead_sandbox.pulumi_provider.values.scalars import Text


@dataclass(frozen=True)
class Place(Text):
    """A location, which Cloud Storage writes in capitals."""

    def encode(self, value: Any) -> Any:
        """Send capitals."""
        return str(value).upper()

    def same(self, old: Any, new: Any) -> bool:
        """Compare without case."""
        return str(old or "").upper() == str(new or "").upper()


@dataclass(frozen=True)
class Liveness(Text):
    """Which versions of an object a rule is about."""

    def encode(self, value: Any) -> Any:
        """Send whether they are live; both is not sent."""
        return {"LIVE": True, "ARCHIVED": False}.get(value)

    def decode(self, value: Any) -> Any:
        """Show the name."""
        return {True: "LIVE", False: "ARCHIVED"}.get(value)

    def same(self, old: Any, new: Any) -> bool:
        """Any version is the same as none said."""
        return (old or "ANY") == (new or "ANY")


class Buckets(Rest):
    """Buckets: an update sends what changed, and null for what is taken away."""

    def _patch(self, context: Context, mask: list[str], *, fixed: bool) -> None:
        whole = self.body(context, fixed=fixed)
        body: Json = {}
        for path in mask:
            if path != "labels":
                bodies.put(body, path, bodies.take(whole, path))
        if "labels" in mask:
            wanted = labels.wanted(context, context.schema.labels[0])
            held = context.state.get("effectiveLabels") or {}
            body["labels"] = {**dict.fromkeys(set(held) - set(wanted)), **wanted}
        context.call("PATCH", self.path(context), body)


def _empty(context: Context) -> None:
    """Remove what lies in the bucket where that is allowed."""
    bucket = context.fill("b/{name}")
    found = context.call("GET", f"{bucket}/o", None, {"versions": "true"}).get("items") or []
    if found and not context.state.get("forceDestroy"):
        raise ProviderError(f"cannot delete bucket {context.id!r} without forceDestroy set to true: it is not empty")

    for item in found:
        query = {"generation": item["generation"]} if "generation" in item else {}
        context.call("DELETE", f"{bucket}/o/{quote(item['name'], safe='')}", None, query)


_MATCHES = {"StorageClasses": "StorageClass", "Prefixes": "Prefix", "Suffixes": "Suffix"}
_CONDITION = {
    **{f"matches{many}": Nested(f"matches{one}") for many, one in _MATCHES.items()},
    **dict.fromkeys(("sizeAboveBytes", "sizeBelowBytes"), UNSERVED),
    "withState": Nested("isLive", kind=Liveness(("LIVE", "ARCHIVED", "ANY", "")), computed=True, keep=True),
}
_ENFORCED = ("customerManaged", "customerSupplied", "googleManaged")
_IAM = "iamConfiguration"
BUCKET = Resource(
    type="gcp:storage/bucket:Bucket",
    api="storage.v1",
    schema="Bucket",
    special={
        "name": Property(required=True, replace=True, kind=Text(least=3, most=222)),
        "location": Property(kind=Place(least=1), required=True, replace=True),
        "storageClass": Property(default="STANDARD"),
        "forceDestroy": Property(default=False),
        "lifecycleRules": Property(
            path="lifecycle.rule", nested={f"condition.{name}": entry for name, entry in _CONDITION.items()}
        ),
        "versioning": Property(nested={"enabled": Nested(keep=True)}, computed=True),
        "uniformBucketLevelAccess": Property(
            path=f"{_IAM}.uniformBucketLevelAccess.enabled", computed=True, empty=True
        ),
        "publicAccessPrevention": Property(
            f"{_IAM}.publicAccessPrevention", kind=Text(("inherited", "enforced")), computed=True
        ),
        "encryption": Property(nested={f"{whose}EncryptionEnforcementConfig": UNSERVED for whose in _ENFORCED}),
        "retentionPolicy": Property(nested={"isLocked": UNSERVED}),
        "softDeletePolicy": Property(
            nested={"retentionDurationSeconds": Nested(default=604800), "effectiveTime": MADE}, computed=True
        ),
        "logging": Property(nested={"logObjectPrefix": FILLED}),
    },
    operations=Buckets("b", url="b/{name}", query={"project": "{project}"}, before_delete=_empty),
    id="{name}",
    imports=("{project}/{name}",),
    outputs={
        "projectNumber": "_number",
        "selfLink": "https://www.googleapis.com/storage/v1/b/{name}",
        "timeCreated": "timeCreated",
        "updated": "updated",
        "url": "gs://{name}",
    },
    predicted={"url": "gs://{name}", "selfLink": "https://www.googleapis.com/storage/v1/b/{name}"},
    volatile=dict.fromkeys(("updated",), ()),
    labels=(Labels(),),
    name=Autoname(most=63, lower=True),
    decode=lambda _, record: {**record, "_number": int(record["projectNumber"]) if "projectNumber" in record else None},
    refused=frozenset(
        {"autoclass", "cors", "customPlacementConfig", "defaultEventBasedHold", "enableObjectRetention"}
        | {"hierarchicalNamespace", "ipFilter", "requesterPays", "rpo", "website"}
    ),
)

RESOURCES = (BUCKET,)
