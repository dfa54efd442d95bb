"""What the last deployment left in the state of the stack, by kind of resource.

The program reads it before its first resource, in a preview too, so that what a cloud cannot change is refused before
anything is touched. The engine itself would replace: create the new one first, and delete the old one at the end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

READ = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's own function for the outputs of every resource in a stack's state (pulumi, deploy/builtins.go)."""

Outputs = Mapping[str, Any]


@dataclass(frozen=True)
class Deployed:
    """Every resource of the stack that this is part of, as the last deployment recorded it."""

    resources: Mapping[str, Outputs]
    """Outputs and more by URN; empty before the first deployment."""

    def of(self, kind: str, parent: str) -> Iterator[tuple[str, Outputs]]:
        """Yield name and outputs of each resource of a type whose parent is of the given type."""
        for urn, resource in sorted(self.resources.items()):
            types, name = urn.split("::", 3)[2:]
            if types.endswith(f"{parent}${kind}"):
                yield name, resource.get("outputs") or {}

    def urn(self, kind: str, name: str) -> str:
        """Return the URN of the first resource of a type and name; empty where there is none."""
        return next(
            (urn for urn in sorted(self.resources) if urn.endswith((f"${kind}::{name}", f"::{kind}::{name}"))), ""
        )


def deployed() -> Deployed:
    """Read the state of this stack."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer = pulumi.runtime.invoke(READ, {"stackName": stack}).value or {}
    return Deployed(answer.get("outputs") or {})
