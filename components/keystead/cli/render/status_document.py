"""The status as a JSON document for programs; fields are only ever added, and `version` counts the exceptions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keystead.cli.render.dates import stamp
from keystead.model.clouds import Cloud
from keystead.operations.assessment import Assessment
from keystead.operations.status import CloudStatus, EnvironmentStatus

VERSION = 1
PLACE: Mapping[Cloud, tuple[str, ...]] = {"aws": ("account", "region"), "gcp": ("project", "number", "location")}
"""What the document tells of where an environment lives on a cloud, by the names of the scope."""
FIRST: Cloud = "aws"
"""The cloud that `cloud` and `alias` tell of; they are older than environments on another one."""


def document(found: list[EnvironmentStatus], now: datetime) -> dict[str, Any]:
    """Return the state of all environments, with the time it was assessed at."""
    return {
        "version": VERSION,
        "now": stamp(now),
        "problems": sum(item.problems for item in found),
        "environments": [_environment(item) for item in found],
    }


def _environment(status: EnvironmentStatus) -> dict[str, Any]:
    spec = status.spec
    return {
        "environment": spec.environment,
        "tier": spec.tier,
        "cloud": _place(status, FIRST) if spec.on(FIRST) else None,
        "clouds": {cloud: _cloud(status, cloud, part) for cloud, part in status.clouds.items()},
        "failure": "\n".join(status.failures) or None,
        "problems": status.problems,
        "alarms": status.alarms,
        "orphans": [{"cloud": cloud, "kind": one.kind, "stored_as": one.stored_as} for cloud, one in status.orphans],
        "to_do": status.to_do,
        "keys": [_key(status, name, item) for name, item in status.keys.items()],
        "secrets": [_secret(status, name, item) for name, item in status.secrets.items()],
    }


def _place(status: EnvironmentStatus, cloud: Cloud) -> dict[str, Any]:
    scope = status.spec.scope(cloud)
    return {name: getattr(scope, name) for name in PLACE[cloud]}


def _cloud(status: EnvironmentStatus, cloud: Cloud, part: CloudStatus) -> dict[str, Any]:
    return {**_place(status, cloud), "failure": part.failure, "alarms": list(part.alarms)}


def _key(status: EnvironmentStatus, name: str, item: Assessment) -> dict[str, Any]:
    spec = status.spec.keys[name]
    return {
        "name": name,
        "alias": status.spec.scope(FIRST).key_reference(name) if FIRST in spec.clouds else None,
        "use": spec.use,
        "protected": spec.protected,
        "rotation_days": spec.rotation.days if spec.rotation else None,
        "next_rotation": stamp(item.following),
        "state": item.state.value,
        "text": item.text,
        "clouds": {
            cloud: {
                "stored_as": status.spec.scope(cloud).key_reference(name),
                "next_rotation": stamp(own.following),
                "state": own.state.value,
                "text": own.text,
            }
            for cloud in spec.clouds
            if (own := status.clouds[cloud].keys.get(name))
        },
    }


def _secret(status: EnvironmentStatus, name: str, item: Assessment) -> dict[str, Any]:
    spec = status.spec.secrets[name]
    return {
        "name": name,
        "stored_as": status.spec.scope(spec.clouds[0]).secret_name(name),
        "purpose": spec.purpose,
        "owner": spec.owner,
        "key": spec.key,
        "rotator": spec.rotation.rotator,
        "readers": [_reader(status, name, reader) for reader in spec.readers],
        **_dates(item),
        "clouds": {
            cloud: {"stored_as": status.spec.scope(cloud).secret_name(name), **_dates(own)}
            for cloud in spec.clouds
            if (own := status.clouds[cloud].secrets.get(name))
        },
    }


def _dates(item: Assessment) -> dict[str, Any]:
    return {
        "last_rotation": stamp(item.last),
        "next_rotation": stamp(item.following),
        "overlap_until": stamp(item.overlap_until),
        "schedule": item.schedule,
        "state": item.state.value,
        "text": item.text,
    }


def _reader(status: EnvironmentStatus, secret: str, name: str) -> dict[str, Any]:
    spec = status.spec.secrets[secret]
    reader = spec.readers[name]
    restrictions = {cloud: reader.restriction_on(cloud) for cloud in spec.clouds if reader.on(cloud)}
    return {"name": name, "restriction": next(iter(restrictions.values())), "restrictions": restrictions}
