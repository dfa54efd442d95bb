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
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Json, Labels, Property, Resource
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, computed, made, plain, required
from keystead_sandbox.pulumi_provider.gcp.values import Whole
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values import Flag, Text


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
        whole = bodies.build(context, fixed=fixed)
        body: Json = {}
        for path in mask:
            if path != "labels":
                bodies.put(body, path, bodies.take(whole, path))
        if "labels" in mask:
            wanted = labels.wanted(context, context.resource.labels[0])
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


_CONDITION = Nested(
    required=True,
    fields={
        **plain("age", "createdBefore", "customTimeBefore", "daysSinceCustomTime", "daysSinceNoncurrentTime"),
        **plain("noncurrentTimeBefore", "numNewerVersions"),
        "matchesStorageClasses": Nested("matchesStorageClass"),
        "matchesPrefixes": Nested("matchesPrefix"),
        "matchesSuffixes": Nested("matchesSuffix"),
        "withState": Nested("isLive", kind=Liveness(("LIVE", "ARCHIVED", "ANY", "")), computed=True, keep=True),
    },
)
_RULE = Nested(
    fields={
        "action": Nested(required=True, fields={**required("type"), **plain("storageClass")}),
        "condition": _CONDITION,
    }
)
_IAM = "iamConfiguration"
BUCKET = Resource(
    type="gcp:storage/bucket:Bucket",
    api="storage.v1",
    schema="Bucket",
    properties={
        "name": Property(required=True, replace=True, kind=Text(least=3, most=222)),
        "project": PROJECT,
        "location": Property(kind=Place(least=1), required=True, replace=True),
        "storageClass": Property(default="STANDARD"),
        "forceDestroy": Property(kind=Flag(), local=True, default=False),
        "lifecycleRules": Property("lifecycle.rule", hints=_RULE),
        "versioning": Property(hints=Nested(fields={"enabled": Nested(required=True, keep=True)}), computed=True),
        "uniformBucketLevelAccess": Property(f"{_IAM}.uniformBucketLevelAccess.enabled", computed=True, empty=True),
        "publicAccessPrevention": Property(
            f"{_IAM}.publicAccessPrevention", kind=Text(("inherited", "enforced")), computed=True
        ),
        "retentionPolicy": Property(
            hints=Nested(fields={"retentionPeriod": Nested(required=True, kind=Whole(text=True))})
        ),
        "softDeletePolicy": Property(
            hints=Nested(fields={"retentionDurationSeconds": Nested(default=604800), **made("effectiveTime")}),
            computed=True,
        ),
        "encryption": Property(hints=Nested(fields=required("defaultKmsKeyName"))),
        "logging": Property(hints=Nested(fields={**required("logBucket"), **computed("logObjectPrefix")})),
        "deletionPolicy": DELETION,
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
    foretold={"url": "gs://{name}", "selfLink": "https://www.googleapis.com/storage/v1/b/{name}"},
    volatile=("updated",),
    labels=(Labels(),),
    name=Autoname(most=63, lower=True),
    decode=lambda _, record: {**record, "_number": int(record["projectNumber"]) if "projectNumber" in record else None},
    refused=frozenset(
        {"autoclass", "cors", "customPlacementConfig", "defaultEventBasedHold", "enableObjectRetention"}
        | {"hierarchicalNamespace", "ipFilter", "requesterPays", "rpo", "website"}
    ),
)

RESOURCES = (BUCKET,)
