"""Policy statements that allow all principals, and the conditions that limit the caller."""

from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, statements
from keystead_policies.engine.resources.resource import Resource

CALLERS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/*",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourceorgid",
    "kms:calleraccount",
    "secretsmanager:resource/*",
)
"""Condition keys that limit the caller where the principal is a wildcard."""


def narrowed(statement: Statement) -> bool:
    """Return whether conditions limit the caller."""
    return statement.limited(*CALLERS)


def public_statements(policy: Resource, key: str = "policy") -> Iterator[Statement]:
    """Return the statements of a resource's policy that allow all principals without a condition on the caller."""
    for statement in statements(policy.properties, key):
        if statement.allows and statement.public and not narrowed(statement):
            yield statement


def publicly_allowed(policy: Resource) -> Iterator[str]:
    """Describe each statement that allows public access."""
    for statement in public_statements(policy):
        yield f"`policy`: {statement.label} allows Principal '*' without a condition on the caller"
