"""Grants of IAM as plain data: who gets which role under which condition. Components turn them into `...IAMMember`.

Grants add to a policy and never replace one, so that those of others stay.
"""

import re
from dataclasses import dataclass
from typing import Any

from keystead.model.gcp.scope import GcpScope


@dataclass(frozen=True)
class Condition:
    """When a grant holds."""

    title: str
    """What people see; at most 100 characters, and no space, which would part it when somebody imports the grant. IAM
    takes a grant with another title for another grant."""
    expression: str
    """CEL over request.time and resource.name, at most 12,800 characters."""


@dataclass(frozen=True)
class Grant:
    """One role for one member; what it is granted on is up to who makes it."""

    member: str
    """Member as IAM policies name it, such as `serviceAccount:...` or `principalSet://...`."""
    role: str
    """Full name of a predefined role, or id of a custom role of the environment."""
    condition: Condition | None = None
    """When the grant holds; None for always."""

    @property
    def label(self) -> str:
        """What tells the grant from others on the same resource, as part of a resource's name."""
        member = re.sub(r"[^A-Za-z0-9@._-]+", "-", self.member)
        return f"{self.role.rpartition('.')[2].rpartition('/')[2]}-{member}"


@dataclass(frozen=True)
class CustomRole:
    """A role of the environment's own, where no predefined one is small enough."""

    name: str
    """Short name, such as `rotator`."""
    title: str
    permissions: tuple[str, ...]


def environment_secrets(scope: GcpScope) -> Condition:
    """Condition that holds for the secrets of the environment and their versions, those not yet made included.

    Secret Manager names resources with the project's number. A list names the project only and is never covered.
    """
    return Condition(f"secrets-of-{scope.environment}", f'resource.name.startsWith("{scope.secrets_path}")')


def condition_args(condition: Condition | None) -> Any:
    """Arguments of an `...IAMMember` for a condition; their types differ by resource and hold the same."""
    return None if condition is None else {"title": condition.title, "expression": condition.expression}


def custom_role_path(scope: GcpScope, role: str) -> str:
    """Full name of a custom role of the environment, known before it is made."""
    return f"projects/{scope.project}/roles/{scope.custom_role(role)}"
