"""Cloud KMS: key rings and keys, neither of which can ever be deleted.

Read in magic-modules: products/kms/{KeyRing,CryptoKey}.yaml; encoders, update_encoder, custom_delete and custom_import
of kms_crypto_key; kms/kms_utils.go (of a key's versions it destroys the first page only; here it is all of them).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Labels, Property, part
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import Nested

_RING = "projects/{project}/locations/{location}/keyRings"


def _nothing(_: Context, __: Json) -> Json:
    return {}


def _forget(_: Context) -> None:
    """A ring cannot be deleted: it is only forgotten."""


KEY_RING = Resource(
    type="gcp:kms/keyRing:KeyRing",
    api="cloudkms.v1",
    schema="KeyRing",
    special={"location": part(), "name": part()},
    operations=Rest(_RING, query={"keyRingId": "{name}"}, wrap=_nothing, remove=_forget),
    id=f"{_RING}/{{name}}",
    imports=("{project}/{location}/{name}", "{location}/{name}"),
    name=Autoname(most=63),
)


def _schedule(context: Context, body: Json) -> Json:
    """A rotation period that is new or changed begins now."""
    period = context.inputs.get("rotationPeriod")
    if period and period != context.state.get("rotationPeriod"):
        begin = datetime.fromtimestamp(context.session.cloud.now(), UTC)
        following = begin + timedelta(seconds=float(period.removesuffix("s")))
        body["nextRotationTime"] = following.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return body


def _primary(_: Context, record: Json) -> Json:
    primary = record.get("primary")
    shown = [{"name": primary["name"], "state": primary["state"]}] if primary else []
    return {**record, "_primaries": shown}


def _destroy(context: Context) -> None:
    """Destroy every version and stop the rotation; the key itself stays in the project."""
    query: dict[str, str] = {}
    while True:
        page = context.call("GET", f"{context.id}/cryptoKeyVersions", None, query)
        for version in page.get("cryptoKeyVersions") or []:
            if version["state"] not in {"DESTROYED", "DESTROY_SCHEDULED"}:
                context.call("POST", f"{version['name']}:destroy", {})
        if not page.get("nextPageToken"):
            break
        query = {"pageToken": page["nextPageToken"]}
    if context.state.get("rotationPeriod"):
        context.call("PATCH", context.id, {}, {"updateMask": "rotationPeriod,nextRotationTime"})


def _other_level(old: Any, new: Any) -> bool:
    """Only the protection level of the template is fixed."""
    levels = [(template or {}).get("protectionLevel") or "SOFTWARE" for template in (old, new)]
    return levels[0] != levels[1]


CRYPTO_KEY = Resource(
    type="gcp:kms/cryptoKey:CryptoKey",
    api="cloudkms.v1",
    schema="CryptoKey",
    special={
        "keyRing": part(),
        "name": part(),
        "purpose": Property(default="ENCRYPT_DECRYPT", replace=True),
        "rotationPeriod": Property(mask=("rotationPeriod", "nextRotationTime")),
        "versionTemplate": Property(
            nested={"protectionLevel": Nested(default="SOFTWARE")},
            computed=True,
            replace=_other_level,
            mask=("versionTemplate.algorithm",),
        ),
        "destroyScheduledDuration": Property(computed=True, replace=True),
        "importOnly": Property(computed=True, replace=True),
        "skipInitialVersionCreation": Property(computed=True, default=False),
    },
    operations=Rest(
        "{keyRing}/cryptoKeys",
        query={"cryptoKeyId": "{name}", "skipInitialVersionCreation": "{skipInitialVersionCreation}"},
        finish=_schedule,
        remove=_destroy,
    ),
    id="{+keyRing}/cryptoKeys/{name}",
    outputs={"primaries": "_primaries"},
    volatile=dict.fromkeys(("primaries",), ()),
    labels=(Labels(),),
    name=Autoname(most=63),
    decode=_primary,
    refused=frozenset({"cryptoKeyBackend", "keyAccessJustificationsPolicy"}),
)

RESOURCES = (KEY_RING, CRYPTO_KEY)
