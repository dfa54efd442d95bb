"""Grants of IAM as plain data: which member has which role under which condition; components make them resources.

Grants add to a policy and never replace it, so grants made by others stay.
"""

import re
from dataclasses import dataclass
from typing import Any

from keystead.model.gcp.scope import GcpScope


@dataclass(frozen=True)
class Condition:
    """The condition of a grant."""

    title: str
    """Title that people see; at most 100 characters, without spaces, which would split it when the grant is imported. A
    grant with another title is another grant."""
    expression: str
    """CEL over request.time and resource.name, at most 12,800 characters."""


@dataclass(frozen=True)
class Grant:
    """One role for one member; the resource it is granted on is chosen by the caller."""

    member: str
    """Member as IAM policies name it, such as `serviceAccount:...` or `principalSet://...`."""
    role: str
    """Full name of a predefined role, or id of a custom role of the environment."""
    condition: Condition | None = None
    """Condition of the grant; None for always."""

    @property
    def label(self) -> str:
        """Text that distinguishes the grant from others on the same resource, for resource names."""
        member = re.sub(r"[^A-Za-z0-9@._-]+", "-", self.member)
        return f"{self.role.rpartition('.')[2].rpartition('/')[2]}-{member}"


@dataclass(frozen=True)
class CustomRole:
    """A custom role of the environment, where every predefined one includes too much."""

    name: str
    """Short name, such as `rotator`."""
    title: str
    permissions: tuple[str, ...]


def environment_secrets(scope: GcpScope) -> Condition:
    """Condition that is true for the secrets of the environment and their versions, also for those created later.

    Secret Manager names resources with the project's number. A list names the project only and never meets it.
    """
    return Condition(f"secrets-of-{scope.environment}", f'resource.name.startsWith("{scope.secrets_path}")')


def condition_args(condition: Condition | None) -> Any:
    """Arguments of an `...IAMMember` for a condition; their types differ by resource and have the same fields."""
    return None if condition is None else {"title": condition.title, "expression": condition.expression}


def custom_role_path(scope: GcpScope, role: str) -> str:
    """Full name of a custom role of the environment, known before it is created."""
    return f"projects/{scope.project}/roles/{scope.custom_role(role)}"


def agent(scope: GcpScope, service: str) -> str:
    """Name an agent of the project as IAM policies do. Source: IAM guide, "Service agents"."""
    return f"serviceAccount:service-{scope.number}@gcp-sa-{service}.iam.gserviceaccount.com"
