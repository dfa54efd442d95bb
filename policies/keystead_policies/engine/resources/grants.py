"""IAM grants of Google Cloud as rules read them, whichever resource makes them."""

from collections.abc import Iterator

from keystead_policies.engine.resources.encoding import document
from keystead_policies.engine.resources.resource import Resource

PUBLIC = ("allUsers", "allAuthenticatedUsers")
"""Everyone on the internet, and everyone with a Google account."""


def grants(grant: Resource) -> Iterator[tuple[str, str]]:
    """Return role and member of each grant: of a member, of a binding, or of the bindings of a policy."""
    holders = [grant.properties]
    if grant.properties.given("policyData"):
        holders += list(document(grant.properties, "policyData").items_of("bindings"))
    for holder in holders:
        for member in (*holder.items_of("member"), *holder.items_of("members")):
            yield str(holder.get("role", "")), str(member)


def members(grant: Resource) -> Iterator[str]:
    """Return the members that get a role."""
    return (member for _, member in grants(grant))


def subject(member: str) -> str:
    """Shorten a member for a message: without its kind."""
    return member.split(":", 1)[-1]


def by_role(grant: Resource) -> dict[str, list[str]]:
    """Return each role of a grant with its members."""
    found: dict[str, list[str]] = {}
    for role, member in grants(grant):
        found.setdefault(role, []).append(member)
    return found


def granted_to_the_public(grant: Resource) -> Iterator[str]:
    """Describe each public member of a grant."""
    for role, member in grants(grant):
        if member in PUBLIC:
            yield f"`{place(grant)}` {role} is granted to {member}"


def place(grant: Resource) -> str:
    """Return the property with the role."""
    return "policyData" if grant.properties.given("policyData") else "role"


def authoritative(grant: Resource) -> str:
    """Describe what an authoritative binding or policy removes."""
    if grant.properties.given("role"):
        return f"`role` {grant.properties.get('role')} is removed from all other members"
    return "`policyData` replaces all other grants"
