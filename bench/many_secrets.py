"""Specs of environments with many secrets and readers, generated alike for every figure and every test."""

from typing import Any

from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

AWS: dict[str, Any] = {"account": "444444444444", "region": "us-east-1", "replicas": ["us-west-2"]}
GCP: dict[str, Any] = {"project": "acme-large", "number": "300000000003", "location": "europe-west3"}
CLOUDS = {"aws": AWS, "gcp": GCP}

RESTRICTIONS = {
    "aws": {
        "office": {"cidrs": ["203.0.113.0/24", "198.51.100.0/24"]},
        "mesh": {"networks": {"aws": ["vpce-0a1b2c3d"]}},
        "project": {"expires": "2099-12-31"},
    },
    "gcp": {
        "hours": {"hours": {"days": "Mon-Fri", "from": "07:00", "to": "20:00", "zone": "UTC"}},
        "project": {"expires": "2099-12-31"},
    },
}

READS = 3
"""Readers of each secret."""
BY_HAND = 10
"""One secret in so many is provided by a person."""


def large(cloud: str, secrets: int, readers: int = 100, **more: Any) -> dict[str, Any]:
    """An environment of so many secrets, whose readers are under every restriction and under none in turn."""
    names = [*RESTRICTIONS[cloud], None]
    return {
        "tier": "low",
        "owners": ["platform"],
        cloud: CLOUDS[cloud],
        "restrictions": RESTRICTIONS[cloud],
        "keys": {"data": {"purpose": "secrets", "replicas": CLOUDS[cloud].get("replicas", [])}},
        "secrets": {f"service-{number:04}-token": _secret(number, readers, names) for number in range(secrets)},
        **more,
    }


def _secret(number: int, readers: int, restrictions: list[str | None]) -> dict[str, Any]:
    reading = {}
    for turn in range(READS):
        restriction = restrictions[(number + turn) % len(restrictions)]
        reading[f"workload-{(number + turn * 7) % readers:03}"] = {"restriction": restriction} if restriction else {}
    rotation = {"rotator": "manual"} if number % BY_HAND == 0 else {"rotator": "random"}
    return {"purpose": f"opens service {number}", "key": "data", "readers": reading, "rotation": rotation}


def large_spec(cloud: str, secrets: int, readers: int = 100, **more: Any) -> EnvironmentSpec:
    """The same, loaded."""
    return build("prod", large(cloud, secrets, readers, **more), {})
