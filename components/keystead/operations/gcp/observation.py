"""Reads an environment's inventory from GCP. It never asks for a secret's value."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from keystead.functions.stores.gcp_labels import CURRENT, PENDING, PREVIOUS, GcpLabels
from keystead.model.alarms import FAULTS
from keystead.model.duration import format_duration
from keystead.operations.gcp.failures import explained
from keystead.operations.gcp.orphans import orphaned_keys, orphaned_secrets
from keystead.operations.gcp.session import open_session
from keystead.operations.inventory import Inventory, KeyCondition, ObservedKey, ObservedSecret, Orphan
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec

PARALLEL = 8
"""Calls under way at once; far below the quotas of Cloud KMS and Secret Manager reads."""
MOST = "1000"
"""Largest page of alerts and of key versions."""
CONDITIONS = {
    "ENABLED": KeyCondition.ENABLED,
    "PENDING_GENERATION": KeyCondition.ENABLED,
    "DESTROY_SCHEDULED": KeyCondition.DELETING,
    "DESTROYED": KeyCondition.DELETING,
}


def observe(spec: EnvironmentSpec) -> Inventory:
    """Read the keys and secrets of the spec, the alarms and the orphans from the environment's own project."""
    scope = spec.scope("gcp")
    reader = _Reader(spec)
    with ThreadPoolExecutor(PARALLEL) as pool:
        keys = {name: pool.submit(reader.key, name, wanted) for name, wanted in spec.keys_on("gcp").items()}
        secrets = {name: pool.submit(reader.secret, name) for name in spec.secrets_on("gcp")}
        alarms = pool.submit(reader.raised, [scope.alarm_name(alarm) for alarm in FAULTS])
        orphans = pool.submit(reader.orphans)
        return Inventory(
            keys={name: key for name, job in keys.items() if (key := job.result())},
            secrets={name: secret for name, job in secrets.items() if (secret := job.result())},
            alarms=alarms.result(),
            orphans=orphans.result(),
        )


class _Reader:
    """The read-only calls on one environment."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        self._spec = spec
        self._session = open_session(spec)

    def key(self, name: str, spec: KeySpec) -> ObservedKey | None:
        """Return the key as its locations hold it: one that cannot be used in one of them speaks for all."""
        scope = self._spec.scope("gcp")
        locations = (scope.location, *spec.replicas_on("gcp"))
        found = [self._key(scope.key_path(name, location), spec) for location in locations]
        if not all(found):
            return None
        return next((key for key in found if key and key.condition is not KeyCondition.ENABLED), found[0])

    def _key(self, path: str, spec: KeySpec) -> ObservedKey | None:
        key = self._ask("cloudkms.cryptoKeys.get", "cloudkms", f"v1/{path}")
        if key is None:
            return None
        return key_from(key, key.get("primary") if spec.use == "encrypt" else self._newest(path))

    def _newest(self, path: str) -> dict[str, Any] | None:
        """Return the newest version of a key that has no primary one: they come in no stated order."""
        action = "cloudkms.cryptoKeyVersions.list"
        listed = self._ask(action, "cloudkms", f"v1/{path}/cryptoKeyVersions", pageSize=MOST)
        versions: list[dict[str, Any]] = (listed or {}).get("cryptoKeyVersions", [])
        return max(versions, key=lambda version: int(version["name"].rpartition("/")[2]), default=None)

    def secret(self, name: str) -> ObservedSecret | None:
        path = self._spec.scope("gcp").secret_path(name)
        secret = self._ask("secretmanager.secrets.get", "secretmanager", f"v1/{path}")
        if secret is None:
            return None
        labels = GcpLabels.of(secret)
        action = "secretmanager.versions.get"
        numbers = {labels.numbers[label] for label in (CURRENT, PENDING) if label in labels.numbers}
        versions = {
            number: found
            for number in sorted(numbers)
            if (found := self._ask(action, "secretmanager", f"v1/{path}/versions/{number}"))
        }
        leads = self._spec.leader(name) == "gcp" and not self._spec.secrets[name].rotation.by_hand
        return secret_from(secret, versions, self._spec.secrets[name].rotation.every if leads else None)

    def raised(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return which of the environment's alerts are open."""
        path = f"v3/projects/{self._spec.scope('gcp').project}/alerts"
        found = self._ask("monitoring.alerts.list", "monitoring", path, filter='state = "OPEN"', pageSize=MOST) or {}
        opened = {alert.get("policy", {}).get("displayName") for alert in found.get("alerts", [])}
        return tuple(sorted(opened & set(names)))

    def orphans(self) -> tuple[Orphan, ...]:
        """Return what the environment's names hold and the spec does not; not keys whose versions all end."""
        return (
            *orphaned_keys(self._spec, self._ask, self._usable),
            *orphaned_secrets(self._spec, self._ask),
        )

    def _usable(self, key: dict[str, Any]) -> bool:
        return key_from(key, key.get("primary") or self._newest(key["name"])).condition is KeyCondition.ENABLED

    def _ask(self, action: str, service: str, path: str, **query: str) -> dict[str, Any] | None:
        with explained(self._spec, action):
            return self._session.find(service, path, **query)


def key_from(key: Mapping[str, Any], version: Mapping[str, Any] | None) -> ObservedKey:
    """Read the state of a key out of the key and the version that is in use; a key without one cannot be used."""
    condition = CONDITIONS.get(version["state"], KeyCondition.DISABLED) if version else KeyCondition.DISABLED
    following, gone = key.get("nextRotationTime"), (version or {}).get("destroyTime")
    return ObservedKey(
        condition=condition,
        rotation=_period(key),
        rotates=datetime.fromisoformat(following) if following else None,
        deletion=datetime.fromisoformat(gone) if gone and condition is KeyCondition.DELETING else None,
    )


def secret_from(
    secret: Mapping[str, Any], versions: Mapping[str, Mapping[str, Any]], every: timedelta | None = None
) -> ObservedSecret:
    """Read the state of a secret out of its labels, and of the versions that they name.

    A label that somebody moved by hand has no time noted; that of the version's creation stands in for it.
    """
    labels = GcpLabels.of(secret)
    current = versions.get(labels.numbers.get(CURRENT, ""))
    pending = versions.get(labels.numbers.get(PENDING, ""))
    following, period = secret.get("rotation", {}).get("nextRotationTime"), _period(secret.get("rotation", {}))
    since = None
    if CURRENT in labels.numbers:
        since = labels.since() or datetime.fromisoformat((current or secret)["createTime"])
    return ObservedSecret(
        created=datetime.fromisoformat(secret["createTime"]),
        current=labels.bearer(CURRENT),
        current_since=since,
        readable=since is None or (current or {}).get("state") == "ENABLED",
        previous=PREVIOUS in labels.numbers,
        pending=labels.bearer(PENDING),
        pending_since=datetime.fromisoformat(pending["createTime"]) if pending else None,
        due=datetime.fromisoformat(following) if following else None,
        schedule=f"every {format_duration(period)}" if period else None,
        as_declared=(period is None and following is not None) or period == every,
    )


def _period(rotating: Mapping[str, Any]) -> timedelta | None:
    """Return the rotation period; the API may leave that of a secret out, which it calls input only."""
    period = rotating.get("rotationPeriod")
    return timedelta(seconds=float(period.removesuffix("s"))) if period else None
