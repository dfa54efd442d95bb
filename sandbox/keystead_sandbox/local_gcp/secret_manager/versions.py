"""Secret Manager: the versions of a secret - add, read, enable, disable, destroy at once or after a delay.

Source: Secret Manager API v1 reference; error messages as in google-github-actions/get-secretmanager-secrets #268.
A version is encrypted with the key of each replica that has one; where the key of one replica cannot be used, the
sandbox refuses, so that a partly broken setup is noticed.
"""

from collections.abc import Iterator

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import crc32c, decoded, encoded, verified
from keystead_sandbox.local_gcp.api.errors import Json, invalid, not_found, precondition
from keystead_sandbox.local_gcp.kms import cryptography
from keystead_sandbox.local_gcp.methods import deadlines, standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.secret_manager import notifications
from keystead_sandbox.local_gcp.secret_manager.secrets import ENCRYPT, SECRET, keys_of, usable_key
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

VERSION = KINDS["secretmanager.versions"]
MOST_BYTES = 65_536
DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt"


@handles("secretmanager.secrets.addVersion")
def add(call: Call) -> Json:
    """A new enabled version."""
    secret = standard.require(call, SECRET)
    payload = call.body.get("payload") or {}
    data = decoded(str(payload.get("data") or ""))
    if not data:
        raise invalid("Secret Payload cannot be empty.")
    if len(data) > MOST_BYTES:
        raise invalid(f"Secret Payload has {len(data)} bytes; it must be no larger than 65536 bytes (64 KiB).")
    checked = verified(payload, "data", data)
    number = secret.hidden["versions"] + 1
    name = f"{secret.name}/versions/{number}"
    body, hidden = _encrypted(call.cloud, secret, name, data)
    body["clientSpecifiedPayloadChecksum"] = checked
    secret.hidden["versions"] = number
    version = standard.insert(call, VERSION, name, {"state": "ENABLED", **body}, hidden)
    notifications.send(call.cloud, secret, "SECRET_VERSION_ADD", version)
    return standard.view(call, version)


def _encrypted(cloud: Cloud, secret: Resource, name: str, data: bytes) -> tuple[Json, Json]:
    project = cloud.project_of(secret.name)
    keys = keys_of(secret.body)
    ciphertexts, replicas = [], []
    for location, key_name in keys:
        key = usable_key(cloud, project, key_name, ENCRYPT)
        version, ciphertext = cryptography.encrypt_with(cloud, key, data, name.encode())
        ciphertexts.append((key_name, ciphertext))
        replicas.append({"location": location, "customerManagedEncryption": {"kmsKeyVersionName": version}})
    hidden: Json = (
        {"ciphertexts": ciphertexts, "crc": crc32c(data)} if ciphertexts else {"data": data, "crc": crc32c(data)}
    )
    replication = secret.body.get("replication") or {}
    if "automatic" in replication:
        encryption = {"customerManagedEncryption": replicas[0]["customerManagedEncryption"]} if replicas else {}
        return {"replicationStatus": {"automatic": encryption}}, hidden
    if "userManaged" in replication:
        plain = [{"location": one["location"]} for one in replication["userManaged"]["replicas"]]
        return {"replicationStatus": {"userManaged": {"replicas": replicas or plain}}}, hidden
    return ({"customerManagedEncryption": replicas[0]["customerManagedEncryption"]} if replicas else {}), hidden


def _version(call: Call) -> Resource:
    """The version a call names by number, alias or `latest`."""
    parent, _, identifier = call.name.rpartition("/versions/")
    secret = call.cloud.store.find(parent)
    shown = call.cloud.shown("secretmanager", parent)
    if secret is None or (identifier == "latest" and not secret.hidden["versions"]):
        raise not_found(f"Secret [{shown}] not found or has no versions.")
    if identifier == "latest":
        identifier = str(secret.hidden["versions"])
    elif not identifier.isdigit():
        identifier = str((secret.body.get("versionAliases") or {}).get(identifier, identifier))
    version = call.cloud.store.find(f"{parent}/versions/{identifier}")
    if version is None:
        raise not_found(f"Secret Version [{shown}/versions/{identifier}] not found.")
    return version


@handles("secretmanager.versions.get")
def get(call: Call) -> Json:
    """A version without its value."""
    return standard.view(call, _version(call))


@handles("secretmanager.versions.list")
def listing(call: Call) -> Json:
    """The versions of a secret, newest first."""
    standard.require(call, SECRET)
    return standard.page(call, call.cloud.store.children(f"{call.name}/versions")[::-1])


@handles("secretmanager.versions.access")
def access(call: Call) -> Json:
    """The value of an enabled version."""
    version = _version(call)
    shown = call.cloud.shown("secretmanager", version.name)
    if version.body["state"] != "ENABLED":
        raise precondition(f"Secret Version [{shown}] is in {version.body['state']} state.")
    data = version.hidden.get("data", b"")
    for key_name, ciphertext in version.hidden.get("ciphertexts", ()):
        key = usable_key(call.cloud, call.project, key_name, DECRYPT)
        _, data = cryptography.decrypt_with(call.cloud, key, ciphertext, version.name.encode())
    return {"name": shown, "payload": {"data": encoded(data), "dataCrc32c": str(version.hidden["crc"])}}


def _changeable(call: Call) -> Resource:
    """The version to change, by its number: aliases are for get and access only (reference, Secret.versionAliases)."""
    identifier = call.name.rpartition("/")[2]
    if not identifier.isdigit():
        raise invalid(f"The version to {call.method.action} must be named by its number, not by '{identifier}'.")
    version = _version(call)
    standard.check_etag(version, call.body.get("etag"))
    if version.body["state"] == "DESTROYED":
        shown = call.cloud.shown("secretmanager", version.name)
        raise precondition(f"Secret Version [{shown}] is in DESTROYED state.")
    return version


@handles("secretmanager.versions.enable", "secretmanager.versions.disable")
def switch(call: Call) -> Json:
    """Enable or disable a version; both cancel a scheduled destruction."""
    version = _changeable(call)
    action = call.method.action.upper()
    version.body["state"] = f"{action}D"
    version.body.pop("scheduledDestroyTime", None)
    _changed(call.cloud, version, f"SECRET_VERSION_{action}")
    return standard.view(call, version)


@handles("secretmanager.versions.destroy")
def destroy(call: Call) -> Json:
    """Destroy a version, or disable it and destroy it after the secret's delay."""
    version = _changeable(call)
    delay = standard.require(call, SECRET, version.parent).body.get("versionDestroyTtl")
    if delay:
        at = timestamps.text(call.now + timestamps.duration(delay))
        version.body.update(state="DISABLED", scheduledDestroyTime=at)
        _changed(call.cloud, version, "SECRET_VERSION_DESTROY_SCHEDULED")
    else:
        _destroy(call.cloud, version)
    return standard.view(call, version)


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Destructions whose delay has passed."""
    return deadlines.due(cloud, span, VERSION.key, "scheduledDestroyTime", "version destruction", _destroy)


def _destroy(cloud: Cloud, version: Resource) -> str:
    version.hidden.clear()
    version.body.pop("scheduledDestroyTime", None)
    version.body.update(state="DESTROYED", destroyTime=timestamps.text(cloud.clock.now()))
    _changed(cloud, version, "SECRET_VERSION_DESTROY")
    return "destroyed"


def _changed(cloud: Cloud, version: Resource, event: str) -> None:
    version.touch(cloud.clock.now())
    secret = cloud.store.find(version.parent)
    if secret is not None:
        notifications.send(cloud, secret, event, version)
