"""Members of GCP's IAM policies that the spec may name: one person, group, account or kind of workload each.

Sources: IAM guide, "Principal identifiers"; "Manage access to service accounts". allUsers and allAuthenticatedUsers
include the whole internet; domain: includes everyone who joins a company.
"""

import re
from collections.abc import Iterable

PREFIXES = ("user:", "group:", "serviceAccount:", "principal://", "principalSet://")
"""Prefixes of members."""

_EMAIL = r"[^@\s,;:<>\"A-Z]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_PERSON = re.compile(rf"(user|group):{_EMAIL}", re.ASCII)
_ACCOUNT = re.compile(
    r"[a-z]([a-z0-9-]{4,28})[a-z0-9]@(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])\.iam\.gserviceaccount\.com", re.ASCII
)
_POOL = (
    r"iam\.googleapis\.com/(projects/(?P<number>[1-9][0-9]{5,18})/locations/global/workloadIdentityPools"
    r"|locations/global/workforcePools)/[a-z0-9.-]{4,100}"
)
_TEXT = r"[^\s*]{1,500}"
_POOLED = re.compile(
    rf"(principal://{_POOL}/subject/{_TEXT})|(principalSet://{_POOL.replace('number', 'other')}"
    rf"/(group|attribute\.[a-z0-9_]{{1,100}})/{_TEXT})",
    re.ASCII,
)
_WORDS = {
    "allUsers": "includes the whole internet; name one member",
    "allAuthenticatedUsers": "includes everyone with a Google account; name one member",
}

RULE = (
    "a member of GCP, such as user:ada@example.com, group:sre@example.com, "
    "serviceAccount:checkout@acme-prod.iam.gserviceaccount.com, principal://... or principalSet://..."
)
"""What a member has to be, to end a sentence with."""


def is_member(value: str) -> bool:
    """Return whether a text is meant as a member of GCP, valid or not."""
    return value.startswith((*PREFIXES, "domain:")) or value in _WORDS


def account_project(email: str) -> str | None:
    """Return the project of a service account's e-mail address, or None where it is not an account of a project."""
    match = _ACCOUNT.fullmatch(email)
    return match["project"] if match else None


def form_problem(member: str) -> str | None:
    """Return what is wrong with the form of a member, or None."""
    if member in _WORDS:
        return _WORDS[member]
    kind, _, rest = member.partition(":")
    if kind in {"user", "group"} and not _PERSON.fullmatch(member):
        return f"must be {kind}: and an e-mail address in lower case, such as {kind}:oncall@example.com"
    if kind == "serviceAccount" and account_project(rest) is None:
        return (
            "must be an account of the environment's own project, such as "
            "serviceAccount:checkout@acme-prod.iam.gserviceaccount.com, and no service agent or default account"
        )
    if kind in {"principal", "principalSet"} and not _POOLED.fullmatch(member):
        return (
            "must be principal://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/subject/"
            "SUBJECT, or principalSet:// with group/GROUP or attribute.NAME/VALUE, not a whole pool"
        )
    if kind not in {"user", "group", "serviceAccount", "principal", "principalSet"}:
        return f"must be {RULE}"
    return None


def foreign(member: str, project: str | None, number: str | None) -> str | None:
    """Return the problem of a valid member that belongs to another project, or None; people belong to no project."""
    kind, _, rest = member.partition(":")
    if kind == "serviceAccount" and project is not None and account_project(rest) != project:
        return f"must belong to the environment's own project {project}; nothing crosses environments"
    match = _POOLED.fullmatch(member)
    of = (match["number"] or match["other"]) if match else None
    if of is not None and number is not None and of != number:
        return f"must be of a pool in the environment's own project, {number}; nothing crosses environments"
    return None


def people(members: Iterable[str]) -> list[str]:
    """Return the members that are people or groups of them."""
    return [member for member in members if _PERSON.fullmatch(member)]
