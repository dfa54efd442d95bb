"""Callers with a token for an identity of another cloud, and the policy members that match them.

Source: IAM guide, "Principal identifiers": a subject, the sets of its attributes, every identity of its pool.
`allAuthenticatedUsers` does not include such identities, `allUsers` does.
"""

from collections.abc import Mapping
from typing import Self

HOST = "iam.googleapis.com"


class Federated(str):
    """The principal identifier of an external identity, with the policy members that match it."""

    __slots__ = ("members", "pool")

    pool: str
    """The pool's name, with the project's number."""
    members: frozenset[str]

    @classmethod
    def of(cls, pool: str, subject: str, groups: list[str], attributes: Mapping[str, str]) -> Self:
        """The identity with this subject in a pool."""
        found = cls(f"principal://{HOST}/{pool}/subject/{subject}")
        found.pool = pool
        sets = [f"attribute.{name}/{value}" for name, value in attributes.items()]
        sets += [f"group/{group}" for group in groups]
        found.members = frozenset(
            {str(found), "allUsers", *(f"principalSet://{HOST}/{pool}/{one}" for one in [*sets, "*"])}
        )
        return found
