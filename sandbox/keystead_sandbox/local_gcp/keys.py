"""Cloud KMS: key rings, keys and their versions from creation through rotation to destruction.

Source: Cloud KMS guide, "Key rotation", "Destroy and restore key versions", "Key version states".
"""

from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_gcp import material, moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource

KEY, VERSION = KINDS["cloudkms.cryptoKeys"], KINDS["cloudkms.cryptoKeyVersions"]
DEFAULT_DESTRUCTION = "2592000s"
LEVELS = ("SOFTWARE", "HSM")


def view(call: Call, key: Resource) -> Json:
    """A key with its primary version."""
    shown = resources.view(call, key)
    primary = call.cloud.store.find(f"{key.name}/cryptoKeyVersions/{key.hidden.get('primary')}")
    if primary is not None:
        shown["primary"] = resources.view(call, primary)
    return shown


@handles("cloudkms.cryptoKeys.create")
def create(call: Call) -> Json:
    """A new key with its first version."""
    body = call.body
    purpose = body.get("purpose") or "CRYPTO_KEY_PURPOSE_UNSPECIFIED"
    if purpose not in material.ALGORITHMS:
        if purpose == "CRYPTO_KEY_PURPOSE_UNSPECIFIED":
            raise invalid("The request was malformed: crypto_key.purpose is required.")
        raise ApiError("UNIMPLEMENTED", f"The sandbox does not serve keys of purpose {purpose}.")
    template = body.setdefault("versionTemplate", {})
    _check_template(purpose, template)
    _check_rotation(call.cloud, purpose, body)
    body.setdefault("destroyScheduledDuration", DEFAULT_DESTRUCTION)
    if not DAY <= moments.duration(body["destroyScheduledDuration"]) <= 120 * DAY:
        raise invalid("crypto_key.destroy_scheduled_duration must be between 24 hours and 120 days.")
    key = resources.create(call, {"next": 1})
    if not call.query.get("skipInitialVersionCreation"):
        version = add_version(call, key)
        if purpose == "ENCRYPT_DECRYPT":
            key.hidden["primary"] = version.id
    return view(call, key)


def _check_template(purpose: str, template: Json) -> None:
    allowed = material.ALGORITHMS[purpose]
    given = template.get("algorithm")
    if not given and purpose == "ENCRYPT_DECRYPT":
        given = template["algorithm"] = allowed[0]
    if given not in allowed:
        said = given or "CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED"
        raise invalid(f"The algorithm {said} cannot be used with keys of purpose {purpose}; use {', '.join(allowed)}.")
    level = template.setdefault("protectionLevel", "SOFTWARE")
    if level not in LEVELS:
        raise ApiError("UNIMPLEMENTED", f"The sandbox does not serve protection level {level}.")


def _check_rotation(cloud: Cloud, purpose: str, body: Json) -> None:
    period, following = body.get("rotationPeriod"), body.get("nextRotationTime")
    if purpose != "ENCRYPT_DECRYPT" and (period or following):
        raise invalid(f"Keys of purpose {purpose} do not support automatic rotation.")
    if period and not following:
        raise invalid("If rotation_period is set, next_rotation_time must also be set.")
    if period and not DAY <= moments.duration(period) <= 876_000 * 3600:
        raise invalid("rotation_period must be at least 24 hours and at most 876,000 hours.")
    if following and moments.seconds(following) < cloud.clock.now():
        raise invalid("next_rotation_time must be in the future.")


def add_version(call: Call | None, key: Resource, cloud: Cloud | None = None) -> Resource:
    """A new enabled version of a key."""
    where = call.cloud if call else cloud
    if where is None:
        raise ValueError(key.name)
    template = key.body["versionTemplate"]
    number = key.hidden["next"]
    key.hidden["next"] = number + 1
    now = moments.text(where.clock.now())
    body = {
        "state": "ENABLED",
        "protectionLevel": template["protectionLevel"],
        "algorithm": template["algorithm"],
        "createTime": now,
        "generateTime": now,
    }
    hidden = {"material": material.make(template["algorithm"])}
    return where.store.add(Resource(VERSION, f"{key.name}/cryptoKeyVersions/{number}", body, hidden))


@handles("cloudkms.cryptoKeys.get")
def get(call: Call) -> Json:
    """A key."""
    return view(call, resources.require(call, KEY, call.name))


@handles("cloudkms.cryptoKeys.list")
def listing(call: Call) -> Json:
    """The keys of a ring."""
    resources.require(call, KINDS["cloudkms.keyRings"], call.name)
    return resources.page(call, call.cloud.store.children(f"{call.name}/cryptoKeys"), view)


@handles("cloudkms.cryptoKeys.patch")
def patch(call: Call) -> Json:
    """Change labels, rotation or the template."""
    key = resources.require(call, KEY, call.name)
    before = dict(key.body)
    resources.patch(call)
    try:
        _check_template(key.body["purpose"], key.body["versionTemplate"])
        if {"rotationPeriod", "nextRotationTime"} & {one for one in key.body if key.body[one] != before.get(one)}:
            _check_rotation(call.cloud, key.body["purpose"], key.body)
    except ApiError:
        key.body = before
        raise
    return view(call, key)


@handles("cloudkms.keyRings.delete", "cloudkms.cryptoKeys.delete", "cloudkms.cryptoKeyVersions.delete")
def delete(call: Call) -> Json:
    """Refuse: a deployment must not count on it, and most of Google's own tools say it cannot be done."""
    raise ApiError(
        "UNIMPLEMENTED", f"{call.method.id} is not served: key rings, keys and versions stay in the sandbox."
    )


@handles("cloudkms.cryptoKeys.updatePrimaryVersion")
def set_primary(call: Call) -> Json:
    """Make a version the primary one."""
    key = resources.require(call, KEY, call.name)
    if key.body["purpose"] != "ENCRYPT_DECRYPT":
        raise invalid(f"Keys of purpose {key.body['purpose']} have no primary version.")
    name = f"{key.name}/cryptoKeyVersions/{call.body.get('cryptoKeyVersionId')}"
    version = resources.require(call, VERSION, name)
    if version.body["state"] != "ENABLED":
        raise not_enabled(version)
    key.hidden["primary"] = version.id
    return view(call, key)


@handles("cloudkms.cryptoKeyVersions.create")
def create_version(call: Call) -> Json:
    """A new version; it does not become primary by itself."""
    return resources.view(call, add_version(call, resources.require(call, KEY, call.name)))


@handles("cloudkms.cryptoKeyVersions.patch")
def patch_version(call: Call) -> Json:
    """Enable or disable a version."""
    version = resources.require(call, VERSION, call.name)
    wanted = call.body.get("state")
    if wanted not in {"ENABLED", "DISABLED"}:
        raise invalid("crypto_key_version.state can only be changed to ENABLED or DISABLED.")
    if version.body["state"] not in {"ENABLED", "DISABLED"}:
        raise precondition(f"{version.name} cannot be updated, current state is: {version.body['state']}.")
    version.body["state"] = wanted
    return resources.view(call, version)


@handles("cloudkms.cryptoKeyVersions.destroy")
def destroy(call: Call) -> Json:
    """Schedule a version's destruction."""
    version = resources.require(call, VERSION, call.name)
    if version.body["state"] not in {"ENABLED", "DISABLED"}:
        raise precondition(f"{version.name} cannot be destroyed, current state is: {version.body['state']}.")
    key = resources.require(call, KEY, version.parent)
    end = call.cloud.clock.now() + moments.duration(key.body["destroyScheduledDuration"])
    version.body.update(state="DESTROY_SCHEDULED", destroyTime=moments.text(end))
    return resources.view(call, version)


@handles("cloudkms.cryptoKeyVersions.restore")
def restore(call: Call) -> Json:
    """Take a scheduled destruction back; the version is disabled then."""
    version = resources.require(call, VERSION, call.name)
    if version.body["state"] != "DESTROY_SCHEDULED":
        raise precondition(f"{version.name} cannot be restored, current state is: {version.body['state']}.")
    del version.body["destroyTime"]
    version.body["state"] = "DISABLED"
    return resources.view(call, version)


def not_enabled(version: Resource) -> ApiError:
    """The refusal to use a version that is not enabled."""
    state = version.body["state"]
    kind = {"DISABLED": "KEY_DISABLED", "DESTROYED": "KEY_DESTROYED"}.get(state, "KEY_DESTRUCTION_SCHEDULED")
    details = {
        "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
        "violations": [{"type": kind, "subject": version.name}],
    }
    return precondition(f"{version.name} is not enabled, current state is: {state}.", details)


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Rotations and destructions whose time has come."""
    for key in cloud.store.of_kind(KEY.key):
        if (at := key.body.get("nextRotationTime")) and moments.seconds(at) <= span.until:
            yield Due(moments.seconds(at), "key rotation", key.name, partial(_rotate, cloud, key))
    for version in cloud.store.of_kind(VERSION.key):
        if (at := version.body.get("destroyTime")) and moments.seconds(at) <= span.until:
            yield Due(moments.seconds(at), "key destruction", version.name, partial(_destroy, version, at, cloud))


def _rotate(cloud: Cloud, key: Resource) -> str:
    with cloud.lock:
        version = add_version(None, key, cloud)
        key.hidden["primary"] = version.id
        period = key.body.get("rotationPeriod")
        if period:
            following = moments.seconds(key.body["nextRotationTime"]) + moments.duration(period)
            key.body["nextRotationTime"] = moments.text(following)
        else:
            del key.body["nextRotationTime"]
        return f"version {version.id} is primary"


def _destroy(version: Resource, at: str, cloud: Cloud) -> str:
    with cloud.lock:
        if version.body.get("destroyTime") != at:
            return "taken back"
        version.hidden.clear()
        version.body.update(state="DESTROYED", destroyEventTime=version.body.pop("destroyTime"))
        return "destroyed"
