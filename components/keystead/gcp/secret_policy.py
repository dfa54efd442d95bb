"""Who may read a secret, each within its restriction, and who brings the values that people make."""

from collections.abc import Mapping

from keystead.gcp.grants import Condition, Grant
from keystead.model.gcp.scope import GcpScope
from keystead.restrictions.gcp import allow_within
from keystead.restrictions.restriction import Restriction

READ = "roles/secretmanager.secretAccessor"
"""Returns values, and nothing else about a secret."""
BRING = "roles/secretmanager.secretVersionAdder"
"""Adds a value and reads none."""


def secret_policy(scope: GcpScope, readers: Mapping[str, Restriction | None], *, by_hand: bool) -> list[Grant]:
    """The grants on one secret; `readers` maps the name of a reader to the restriction it reads under.

    AWS denies here what roles may do elsewhere; GCP has no denial in a resource's policy. Who is granted access on the
    project has it on the secret: break-glass by design, and project owners, who can grant it to themselves. Values are
    read by alias, `current` or `previous`; a retired version is disabled, and a pending one is readable by its number.
    """
    grants = []
    for reader, restriction in sorted(readers.items()):
        expression = allow_within(restriction)
        condition = None if expression is None else Condition(f"restriction-of-{reader}", expression)
        grants.append(Grant(scope.account_member(reader), READ, condition))
    if by_hand:
        grants.append(Grant(scope.account_member("administrator"), BRING))
    return grants
