"""Cloud KMS: keys and their versions from creation through rotation to destruction.

Source: Cloud KMS guide, "Key rotation", "Destroy and restore key versions", "Key version states".
"""

from collections.abc import Iterator

from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.kms import material
from keystead_sandbox.local_gcp.methods import deadlines, standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles, shows
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

KEY, VERSION = KINDS["cloudkms.cryptoKeys"], KINDS["cloudkms.cryptoKeyVersions"]
DEFAULT_DESTRUCTION = "2592000s"
LEVELS = ("SOFTWARE", "HSM")
UNSPECIFIED = "CRYPTO_KEY_PURPOSE_UNSPECIFIED"


@shows(KEY.key)
def primary(call: Call, key: Resource) -> Json:
    """A key's primary version."""
    version = call.cloud.store.find(f"{key.name}/cryptoKeyVersions/{key.hidden.get('primary')}")
    return {"primary": standard.view(call, version)} if version else {}


@checks(KEY.key)
def check(call: Call, body: Json, before: Json) -> None:
    """Refuse a purpose, algorithm, rotation or delay that Google refuses or the sandbox does not serve."""
    purpose = body.get("purpose") or UNSPECIFIED
    if purpose == UNSPECIFIED:
        raise invalid("The request was malformed: crypto_key.purpose is required.")
    if purpose not in material.ALGORITHMS:
        raise ApiError("UNIMPLEMENTED", f"The sandbox does not serve keys of purpose {purpose}.")
    _check_template(purpose, body.setdefault("versionTemplate", {}))
    if any(body.get(field) != before.get(field) for field in ("rotationPeriod", "nextRotationTime")):
        _check_rotation(call, purpose, body)
    delay = body.setdefault("destroyScheduledDuration", DEFAULT_DESTRUCTION)
    if not DAY <= timestamps.duration(delay) <= 120 * DAY:
        raise invalid("crypto_key.destroy_scheduled_duration must be between 24 hours and 120 days.")


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


def _check_rotation(call: Call, purpose: str, body: Json) -> None:
    period, following = body.get("rotationPeriod"), body.get("nextRotationTime")
    if purpose != "ENCRYPT_DECRYPT" and (period or following):
        raise invalid(f"Keys of purpose {purpose} do not support automatic rotation.")
    if period and not following:
        raise invalid("If rotation_period is set, next_rotation_time must also be set.")
    if period and not DAY <= timestamps.duration(period) <= 876_000 * 3600:
        raise invalid("rotation_period must be at least 24 hours and at most 876,000 hours.")
    if following and timestamps.seconds(following) < call.now:
        raise invalid("next_rotation_time must be in the future.")


@handles("cloudkms.cryptoKeys.create")
def create(call: Call) -> Json:
    """A new key with its first version."""
    key = standard.create(call, {"next": 1})
    if not call.query.get("skipInitialVersionCreation"):
        version = add_version(call.cloud, key)
        if key.body["purpose"] == "ENCRYPT_DECRYPT":
            key.hidden["primary"] = version.id
    return standard.view(call, key)


def add_version(cloud: Cloud, key: Resource) -> Resource:
    """A new enabled version of a key."""
    template, number, now = key.body["versionTemplate"], key.hidden["next"], timestamps.text(cloud.clock.now())
    key.hidden["next"] = number + 1
    times = {"createTime": now, "generateTime": now}
    body = {"state": "ENABLED", **{name: template[name] for name in ("protectionLevel", "algorithm")}, **times}
    hidden = {"material": material.make(template["algorithm"])}
    return cloud.store.add(Resource(VERSION, f"{key.name}/cryptoKeyVersions/{number}", body, hidden))


@handles("cloudkms.keyRings.delete", "cloudkms.cryptoKeys.delete", "cloudkms.cryptoKeyVersions.delete")
def delete(call: Call) -> Json:
    """Refused: a deployment must not rely on it, and most of Google's own tools say that it is impossible."""
    raise ApiError(
        "UNIMPLEMENTED", f"{call.method.id} is not served: key rings, keys and versions stay in the sandbox."
    )


@handles("cloudkms.cryptoKeys.updatePrimaryVersion")
def set_primary(call: Call) -> Json:
    """Make a version the primary one."""
    key = standard.require(call)
    if key.body["purpose"] != "ENCRYPT_DECRYPT":
        raise invalid(f"Keys of purpose {key.body['purpose']} have no primary version.")
    version = standard.require(call, VERSION, f"{key.name}/cryptoKeyVersions/{call.body.get('cryptoKeyVersionId')}")
    if version.body["state"] != "ENABLED":
        raise not_enabled(version)
    key.hidden["primary"] = version.id
    return standard.view(call, key)


@handles("cloudkms.cryptoKeyVersions.create")
def create_version(call: Call) -> Json:
    """A new version; it does not become primary by itself."""
    return standard.view(call, add_version(call.cloud, standard.require(call, KEY)))


def _version(call: Call, action: str, *states: str) -> Resource:
    """The version a call is about, in one of the states in which the action is possible."""
    version = standard.require(call)
    if version.body["state"] not in states:
        raise precondition(f"{version.name} cannot be {action}, current state is: {version.body['state']}.")
    return version


@handles("cloudkms.cryptoKeyVersions.patch")
def patch_version(call: Call) -> Json:
    """Enable or disable a version."""
    if call.body.get("state") not in {"ENABLED", "DISABLED"}:
        standard.require(call)
        raise invalid("crypto_key_version.state can only be changed to ENABLED or DISABLED.")
    version = _version(call, "updated", "ENABLED", "DISABLED")
    version.body["state"] = call.body["state"]
    return standard.view(call, version)


@handles("cloudkms.cryptoKeyVersions.destroy")
def destroy(call: Call) -> Json:
    """Schedule a version's destruction."""
    version = _version(call, "destroyed", "ENABLED", "DISABLED")
    key = standard.require(call, KEY, version.parent)
    end = call.now + timestamps.duration(key.body["destroyScheduledDuration"])
    version.body.update(state="DESTROY_SCHEDULED", destroyTime=timestamps.text(end))
    return standard.view(call, version)


@handles("cloudkms.cryptoKeyVersions.restore")
def restore(call: Call) -> Json:
    """Cancel a scheduled destruction; the version is disabled then."""
    version = _version(call, "restored", "DESTROY_SCHEDULED")
    del version.body["destroyTime"]
    version.body["state"] = "DISABLED"
    return standard.view(call, version)


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
    yield from deadlines.due(cloud, span, KEY.key, "nextRotationTime", "key rotation", _rotate)
    yield from deadlines.due(cloud, span, VERSION.key, "destroyTime", "key destruction", _destroy)


def _rotate(cloud: Cloud, key: Resource) -> str:
    version = add_version(cloud, key)
    key.hidden["primary"] = version.id
    at = key.body.pop("nextRotationTime")
    if period := key.body.get("rotationPeriod"):
        key.body["nextRotationTime"] = timestamps.text(timestamps.seconds(at) + timestamps.duration(period))
    return f"version {version.id} is primary"


def _destroy(_cloud: Cloud, version: Resource) -> str:
    version.hidden.clear()
    version.body.update(state="DESTROYED", destroyEventTime=version.body.pop("destroyTime"))
    return "destroyed"
