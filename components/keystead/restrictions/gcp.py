"""Restrictions compiled for GCP: conditions of IAM grants, and access levels of an organization.

Facts: an IAM condition on a grant sees the time and the resource, never the caller's address, network or client (IAM
guide, "Attribute reference for IAM Conditions"; access levels in conditions are for Identity-Aware Proxy alone). A
condition has 12 logical operators at most (IAM guide, "Quotas and limits"). Conditions only ever narrow a grant: who
has the same role without one, on the resource or above it, has it always. Google's endpoints refuse TLS below 1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keystead.model.errors import RestrictionError
from keystead.restrictions import time_conditions
from keystead.restrictions.backends import BACKENDS, Backend, require
from keystead.restrictions.cel import Expression, every, operators, written
from keystead.restrictions.restriction import Restriction

MOST_OPERATORS = 12
"""Logical operators, `&&`, `||` and `!`, in one condition of an IAM grant. Source: IAM guide, "Quotas and limits"."""

LONGEST_NAME = 50
"""Characters of an access level's name and of its title. Source: Access Context Manager API, AccessLevel."""

_CONDITION: Backend = "gcp-iam-condition"
_LEVEL: Backend = "gcp-access-level"


def allow_within(restriction: Restriction | None, *, also: Sequence[str] = ()) -> str | None:
    """Compile to the condition of a grant that is true exactly when the restriction and `also`, CEL, permit.

    None is a grant without condition. A comparison in `also` must have no logical operator of its own. Hours and an
    expiry alone always fit; the days of a window over midnight may leave no room for another comparison.
    """
    if restriction is not None:
        require(restriction, _CONDITION)
    hours = restriction.hours if restriction is not None else None
    expires = restriction.expires if restriction is not None else None
    expression = every(
        *also,
        None if hours is None else time_conditions.within(hours),
        None if expires is None else time_conditions.until(expires),
    )
    if operators(expression) > MOST_OPERATORS:
        raise RestrictionError(
            f"{BACKENDS[_CONDITION].title} has {MOST_OPERATORS} logical operators at most, and this one needs "
            f"{operators(expression)}; begin and end hours on the full hour, or choose consecutive days"
        )
    return None if expression is None else written(expression)


@dataclass(frozen=True)
class AccessLevel:
    """One access level, as arguments of `gcp.accesscontextmanager.AccessLevel`."""

    name: str
    """Name within the organization's access policy."""
    basic: dict[str, Any] | None = None
    """Conditions of a basic level, with the keys of `AccessLevelBasicArgs`."""
    custom: dict[str, Any] | None = None
    """Expression of a custom level, with the keys of `AccessLevelCustomArgs`."""


def access_levels(name: str, restriction: Restriction, *, project: str) -> list[AccessLevel]:
    """Compile to access levels; the last one, called `name`, is met exactly when the restriction permits.

    Places and identities are a basic level, since no custom one can name a service account or a network; times are a
    custom level, since a basic one has none. Where the restriction has both, the first is called `<name>_place` and the
    second requires it, so it must be created first. Networks are those of `project`.
    """
    require(restriction, _LEVEL)
    conditions = _conditions(restriction, project)
    times = _times(restriction)
    place = f"{name}_place" if times is not None else name
    if len(place) > LONGEST_NAME:
        raise RestrictionError(
            f"the access level {place} has {len(place)} characters; names have {LONGEST_NAME} at most"
        )
    levels = []
    if conditions:
        levels.append(AccessLevel(place, basic={"combining_function": "OR", "conditions": conditions}))
    if times is not None:
        expression = every(f"levels.{place}" if conditions else None, times)
        levels.append(AccessLevel(name, custom={"expr": {"expression": written(expression or times)}}))
    return levels


def _conditions(restriction: Restriction, project: str) -> list[dict[str, Any]]:
    """Return conditions of which one must be met, each with all of its fields."""
    always: dict[str, Any] = {}
    if restriction.countries:
        always["regions"] = list(restriction.countries)
    if restriction.identities.gcp:
        always["members"] = [f"serviceAccount:{identity}" for identity in restriction.identities.gcp]
    places: list[dict[str, Any]] = []
    if restriction.cidrs:
        places.append({"ip_subnetworks": [str(cidr) for cidr in restriction.cidrs]})
    if restriction.networks.gcp:
        networks = [
            {"vpc_subnetwork": {"network": f"//compute.googleapis.com/projects/{project}/global/networks/{network}"}}
            for network in restriction.networks.gcp
        ]
        places.append({"vpc_network_sources": networks})
    if not places:
        return [always] if always else []
    return [{**place, **always} for place in places]


def _times(restriction: Restriction) -> Expression | None:
    expires = restriction.expires
    if expires is not None and (expires.second or expires.microsecond):
        raise RestrictionError(f"clause expires: {BACKENDS[_LEVEL].title} cannot test seconds; end on a full minute")
    return every(
        None if restriction.hours is None else time_conditions.within(restriction.hours),
        None if expires is None else time_conditions.until_by_parts(expires),
    )
