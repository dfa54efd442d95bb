"""What GCP cannot change of keys, secrets and their place."""

from collections.abc import Iterator
from typing import Any

from keystead.changes import moves
from keystead.changes.deployed import Deployed, Outputs
from keystead.changes.messages import NOTHING_CHANGED, another_place, refused
from keystead.model.errors import Problem
from keystead.model.gcp.keys import PURPOSE, protection_level
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec
from keystead.spec.secrets import SecretSpec
from keystead.spec.stackfile import CONFIG_KEY

_KEY, _SECRET = "gcp:kms/cryptoKey:CryptoKey", "gcp:secretmanager/secret:Secret"
_KEYS = "keystead:gcp:EncryptionKey"
_ANOTHER = (
    "Put it back and add a key of another name, which GCP needs even where the old one may go: it never frees the name "
    "of a key"
)


def problems(spec: EnvironmentSpec, before: Deployed) -> Iterator[Problem]:
    """Yield every change that GCP would make by deleting and creating."""
    scope = spec.scope("gcp")
    moved = list(_place(scope, before))
    yield from moved
    if moved:
        return
    for name, found in before.of(_KEY, _KEYS):
        location = str(found["keyRing"]).split("/")[3]
        own = name if location == scope.location else name.removesuffix(f"-{location}")
        key = spec.keys_on("gcp").get(own)
        if key is not None:
            yield from _key(f"keys.{own}", key, found)
    for name, found in before.of(_SECRET, "keystead:gcp:Secret"):
        secret = spec.secrets_on("gcp").get(name)
        if secret is not None:
            yield from _secret(f"secrets.{name}", scope, secret, found)
    yield from moves.problems(spec, "gcp", dict(_under(before)))


def _place(scope: GcpScope, before: Deployed) -> Iterator[Problem]:
    """Compare the ring of the originals' keys, or the location of all secrets where there is no key."""
    for name, found in before.of(_KEY, _KEYS):
        _, project, _, location, _, ring = str(found["keyRing"]).split("/")[:6]
        if name.endswith(f"-{location}"):
            continue
        for place, was, wanted in (
            ("gcp.project", project, scope.project),
            ("gcp.location", location, scope.location),
            ("gcp.key_ring" if scope.key_ring else "gcp.generation", ring, scope.key_ring_name),
        ):
            if was != wanted:
                yield another_place(place, was, wanted)
                return


def _key(place: str, key: KeySpec, found: Outputs) -> Iterator[Problem]:
    was = next((use for use, purpose in PURPOSE.items() if purpose == found["purpose"]), str(found["purpose"]))
    if was != key.use:
        yield refused(f"{place}.use", was, key.use, _ANOTHER)
        return
    for primary in found.get("primaries") or []:
        if primary.get("state") == "DESTROY_SCHEDULED":
            yield Problem(
                f"{CONFIG_KEY}.{place}",
                f"its primary version {primary['name']} is about to be destroyed, and nothing that it encrypted can be "
                f"read; {NOTHING_CHANGED}. Bring it back with `gcloud kms keys versions restore {primary['name']}` and "
                f"`gcloud kms keys versions enable {primary['name']}`, then run `pulumi up --refresh`",
            )
    level = str((found.get("versionTemplate") or {}).get("protectionLevel") or "SOFTWARE")
    if level != protection_level(hsm=key.hsm):
        kept, wanted = ("true", "false") if level == "HSM" else ("false", "true")
        yield refused(f"{place}.hsm", kept, wanted, f"Set `hsm: {kept}` to keep the key as it is. {_ANOTHER}")


def _secret(place: str, scope: GcpScope, secret: SecretSpec, found: Outputs) -> Iterator[Problem]:
    was, wanted = _locations(found["replication"]), scope.regions if secret.replicas else (scope.location,)
    if was == list(wanted):
        return
    if found.get("deletionProtection") and secret.replace:
        advice = "Set `protected: false` first and run `pulumi up`, then replace it"
    elif secret.replace:
        return
    else:
        alone = "Set `replicas: false` to keep it where it is. " if was == [scope.location] else ""
        advice = (
            f"{alone}Put it back and add a secret of another name, whose readers move to it; or set `replace: true`: "
            "its values are lost at once, and the new one starts empty"
        )
    yield refused(f"{place}.replicas", f"stored in {', '.join(was)}", f"to be stored in {', '.join(wanted)}", advice)


def _under(before: Deployed) -> Iterator[tuple[str, str]]:
    """Yield each secret and its key, by which it is encrypted in the first of its locations."""
    keys = {f"{found['keyRing']}/cryptoKeys/{found['name']}": name for name, found in before.of(_KEY, _KEYS)}
    for name, found in before.of(_SECRET, "keystead:gcp:Secret"):
        managed = (found["replication"].get("userManaged") or {}).get("replicas") or []
        first = managed[0] if managed else found["replication"].get("auto") or {}
        path = (first.get("customerManagedEncryption") or {}).get("kmsKeyName")
        if path in keys:
            yield name, keys[path]


def _locations(replication: Any) -> list[str]:
    managed = replication.get("userManaged") or {}
    return [str(one["location"]) for one in managed.get("replicas") or []] or ["global"]
