"""An environment's keys and secrets as the last deployment left them in the stack's state.

The engine alone refuses to delete a protected resource only after every update of the run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from keystead.changes.deployed import Deployed
from keystead.model.clouds import Cloud
from keystead.spec.environment import OPERATIONS_KEY

Kind = Literal["keys", "secrets"]
"""Section of the spec that declares it."""

_COMPONENTS: Mapping[str, tuple[Cloud, Kind]] = {
    "keystead:aws:Environment$keystead:aws:EncryptionKey": ("aws", "keys"),
    "keystead:aws:Environment$keystead:aws:Secret": ("aws", "secrets"),
    "keystead:gcp:Environment$keystead:gcp:EncryptionKey": ("gcp", "keys"),
    "keystead:gcp:Environment$keystead:gcp:Secret": ("gcp", "secrets"),
}
"""Components of an environment by the end of their type, as a URN holds it with the parents' types."""

_PLACES = ("arns", "paths")
"""Outputs of a key, by region or location."""


@dataclass(frozen=True)
class Recorded:
    """One key or secret on one cloud, as it was last deployed."""

    cloud: Cloud
    kind: Kind
    name: str
    """Its name in the spec."""
    protected: bool | None
    """Whether it was protected; None where an older version deployed it, which did not record it."""
    places: frozenset[str] = frozenset()
    """Regions or locations of a key."""


def recorded(before: Deployed) -> list[Recorded]:
    """Return the keys and secrets in the state of this stack, sorted; none before the first deployment."""
    return sorted(_read(before.resources), key=lambda one: (one.kind, one.name, one.cloud))


def _read(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Recorded]:
    for urn, resource in resources.items():
        _, _, types, name = urn.split("::", 3)
        found = _COMPONENTS.get("$".join(types.split("$")[-2:]))
        if found is None or name == OPERATIONS_KEY:
            continue
        cloud, kind = found
        outputs = resource.get("outputs") or {}
        places = frozenset(place for output in _PLACES for place in outputs.get(output) or {})
        yield Recorded(cloud, kind, name, outputs.get("protected"), places)
