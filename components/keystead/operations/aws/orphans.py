"""Finds what AWS holds under an environment's names and its spec does not know."""

from typing import Any

from keystead.operations.aws.failures import explained
from keystead.operations.inventory import Orphan
from keystead.spec.environment import OPERATIONS_KEY, EnvironmentSpec

PAGE = 100
"""Largest page of ListSecrets and of ListAliases."""


def orphaned_secrets(spec: EnvironmentSpec, store: Any) -> list[Orphan]:
    """Return the secrets under the environment's prefix that are not in the spec; not those already deleted."""
    scope = spec.scope("aws")
    known = {scope.secret_name(name) for name in spec.secrets_on("aws")}
    with explained(spec.environment, "secretsmanager:ListSecrets"):
        pages = store.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "name", "Values": [scope.secret_name("")]}], PaginationConfig={"PageSize": PAGE}
        )
        found = {secret["Name"] for page in pages for secret in page["SecretList"]}
    return [Orphan("secret", name) for name in sorted(found - known) if name.startswith(scope.secret_name(""))]


def orphaned_keys(spec: EnvironmentSpec, kms: Any) -> list[Orphan]:
    """Return the aliases under the environment's prefix that belong to no key of the spec."""
    scope = spec.scope("aws")
    known = {scope.key_alias(name) for name in (*spec.keys_on("aws"), OPERATIONS_KEY)}
    with explained(spec.environment, "kms:ListAliases"):
        pages = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": PAGE})
        found = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
    return [Orphan("key", name) for name in sorted(found - known) if name.startswith(scope.key_alias(""))]
