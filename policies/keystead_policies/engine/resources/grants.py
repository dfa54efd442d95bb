"""IAM grants as rules read them, whichever resource makes them."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource

PUBLIC = ("allUsers", "allAuthenticatedUsers")
"""Everybody, and everybody with any Google account."""


def members(grant: Resource) -> Iterator[str]:
    """Return who is given the role, of a grant to one member or to many."""
    yield from (str(member) for member in grant.properties.items_of("member"))
    yield from (str(member) for member in grant.properties.items_of("members"))


def subject(member: str) -> str:
    """Shorten a member for a message: without its kind."""
    return member.split(":", 1)[-1]
