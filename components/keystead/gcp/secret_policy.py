"""Who may read a secret, each within its restriction, and who adds the values that people provide."""

from collections.abc import Mapping

from keystead.gcp.grants import Condition, Grant
from keystead.model.gcp.scope import GcpScope
from keystead.restrictions.gcp import allow_within
from keystead.restrictions.restriction import Restriction

READ = "roles/secretmanager.secretAccessor"
"""Reads values, and nothing else of a secret."""
BRING = "roles/secretmanager.secretVersionAdder"
"""Adds a value and reads none."""


def secret_policy(scope: GcpScope, readers: Mapping[str, Restriction | None], *, by_hand: bool) -> list[Grant]:
    """The grants on one secret; `readers` maps the name of a reader to the restriction it reads under.

    AWS denies here what other roles could otherwise do; a policy on GCP cannot deny. A grant on the project applies to
    the secret: that of break-glass by design, and that of project owners, who can grant it to themselves. Values are
    read by alias, `current` or `previous`; a retired version is disabled, and a pending one can be read by its number.
    """
    grants = []
    for reader, restriction in sorted(readers.items()):
        expression = allow_within(restriction)
        condition = None if expression is None else Condition(f"restriction-of-{reader}", expression)
        grants.append(Grant(scope.account_member(reader), READ, condition))
    if by_hand:
        grants.append(Grant(scope.account_member("administrator"), BRING))
    return grants
