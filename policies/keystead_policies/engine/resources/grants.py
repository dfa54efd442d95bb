"""IAM grants of Google Cloud as rules read them, whichever resource makes them."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource

PUBLIC = ("allUsers", "allAuthenticatedUsers")
"""Everyone on the internet, and everyone with a Google account."""


def members(grant: Resource) -> Iterator[str]:
    """Return the members that get the role, of a grant to one member or to many."""
    yield from (str(member) for member in grant.properties.items_of("member"))
    yield from (str(member) for member in grant.properties.items_of("members"))


def subject(member: str) -> str:
    """Shorten a member for a message: without its kind."""
    return member.split(":", 1)[-1]


def granted_to_the_public(grant: Resource) -> Iterator[str]:
    """Describe each public member of a grant."""
    for member in members(grant):
        if member in PUBLIC:
            yield f"`role` {grant.properties.get('role')} is granted to {member}"


def authoritative(grant: Resource) -> str:
    """Describe what an authoritative binding or policy removes."""
    if grant.properties.given("role"):
        return f"`role` {grant.properties.get('role')} is removed from all other members"
    return "`policyData` replaces all other grants"
