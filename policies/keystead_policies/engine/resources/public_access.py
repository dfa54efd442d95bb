"""Policy statements that allow all principals, and the conditions that limit the caller."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, statements
from keystead_policies.engine.resources.resource import Resource

_ACCOUNT = re.compile(r"::\d{12}:")

CALLERS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
    "secretsmanager:resource/*",
)
"""Condition keys that limit the caller where the principal is a wildcard."""


def narrowed(statement: Statement) -> bool:
    """Return whether conditions limit the caller; a pattern for principals of any account does not."""
    arns = [value for _, values in statement.condition("aws:principalarn") for value in values]
    if arns and not all(_ACCOUNT.search(arn) for arn in arns):
        return statement.limited(*(key for key in CALLERS if key != "aws:principalarn"))
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
