"""Policy statements that allow any principal, and the conditions that limit who is meant."""

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
"""Condition keys that narrow who is meant, however wide the principal."""


def narrowed(statement: Statement) -> bool:
    """Tell whether conditions say who is meant."""
    return statement.limited(*CALLERS)


def for_everybody(policy: Resource, key: str = "policy") -> Iterator[Statement]:
    """Return the statements of a resource's policy that allow everybody without saying who is meant."""
    for statement in statements(policy.properties, key):
        if statement.allows and statement.public and not narrowed(statement):
            yield statement
