"""What the last deployment left in the stack's state of an environment's keys and secrets.

The program reads it before its first resource, in a preview too, so that what cannot be undone is refused before
anything is touched. The engine alone refuses a protected resource only after every update of the run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from keystead.model.clouds import Cloud
from keystead.spec.environment import OPERATIONS_KEY

Kind = Literal["keys", "secrets"]
"""Section of the spec that declares it."""

READ = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's function for the outputs of every resource in a stack's state. Source: pulumi, deploy/builtins.go."""

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


def recorded() -> list[Recorded]:
    """Return the keys and secrets in the state of this stack, sorted; none before the first deployment."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer = pulumi.runtime.invoke(READ, {"stackName": stack}).value or {}
    return sorted(_read(answer.get("outputs", {})), key=lambda one: (one.kind, one.name, one.cloud))


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
