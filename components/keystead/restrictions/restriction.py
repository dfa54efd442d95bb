"""Restrictions: named sets of clauses on the context of a call, written once and compiled for every backend."""

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from keystead.model.aws.principals import check_role_pattern
from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.section import FromList, Section
from keystead.model.timestamp import Timestamp
from keystead.restrictions.countries import COUNTRIES
from keystead.restrictions.hours import Hours

Clause = Literal["cidrs", "countries", "hours", "networks", "identities", "tls", "expires"]
"""The clauses a restriction can have."""

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def _parse_cidr(value: Any) -> IPNetwork:
    if isinstance(value, IPNetwork):
        return value
    if not isinstance(value, str):
        raise ValueError("must be an address range such as 203.0.113.0/24")
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an address range such as 203.0.113.0/24 or 2001:db8::/32") from None
    if network.prefixlen == 0:
        raise ValueError("must not contain every address, which restricts nothing; name the ranges of your callers")
    if "/" in value and str(network.network_address) != str(ipaddress.ip_address(value.partition("/")[0])):
        raise ValueError(
            f"must be {network}, or one address as /{network.max_prefixlen}; bits after /{network.prefixlen} are set"
        )
    return network


def _collapse(networks: tuple[IPNetwork, ...]) -> tuple[IPNetwork, ...]:
    merged: list[IPNetwork] = [
        *ipaddress.collapse_addresses(item for item in networks if isinstance(item, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(item for item in networks if isinstance(item, ipaddress.IPv6Network)),
    ]
    if any(item.prefixlen == 0 for item in merged):
        raise ValueError(
            "must not contain every address together, which restricts nothing; name the ranges of your callers"
        )
    return tuple(merged)


def _sort(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _check_country(value: str) -> str:
    if value not in COUNTRIES:
        hint = "; the United Kingdom is GB" if value == "UK" else ""
        raise ValueError(f"must be a country code of ISO 3166-1 alpha-2 in capitals, such as DE{hint}")
    return value


def _matching(pattern: str, rule: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


Cidr = Annotated[
    IPNetwork,
    PlainValidator(_parse_cidr),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["203.0.113.0/24"]}),
]
AwsNetwork = Annotated[
    str,
    _matching(
        r"vpce?-([0-9a-f]{8}|[0-9a-f]{17})",
        "must be a VPC endpoint vpce-... or a VPC vpc-... with 8 or 17 hexadecimal digits",
    ),
]
GcpNetwork = Annotated[
    str,
    _matching(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "must be the name of a VPC network, such as prod-vpc"),
]
GcpIdentity = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\.iam\.gserviceaccount\.com",
        "must be a service account, such as checkout@acme-prod.iam.gserviceaccount.com",
    ),
]


class PerCloud(Section):
    """Lists of names, one for each cloud."""

    def on(self, cloud: Cloud) -> tuple[str, ...]:
        """Return the names of one cloud."""
        names: tuple[str, ...] = getattr(self, cloud)
        return names

    def everywhere(self) -> tuple[str, ...]:
        """Return the names of all clouds."""
        return tuple(name for cloud in CLOUDS for name in self.on(cloud))


class Networks(PerCloud):
    """Private networks a call may come from, per cloud; one of them is enough."""

    aws: Annotated[tuple[AwsNetwork, ...], FromList, AfterValidator(_sort)] = ()
    """VPC endpoints (vpce-...) and VPCs (vpc-...). A VPC is known only for callers that use a VPC endpoint in it."""
    gcp: Annotated[tuple[GcpNetwork, ...], FromList, AfterValidator(_sort)] = ()
    """Names of VPC networks."""


class Identities(PerCloud):
    """Workloads that may call, per cloud; one of them is enough."""

    aws: Annotated[tuple[Annotated[str, AfterValidator(check_role_pattern)], ...], FromList, AfterValidator(_sort)] = ()
    """ARNs of IAM roles; `*` and `?` may replace parts of a role's name, never of the account."""
    gcp: Annotated[tuple[GcpIdentity, ...], FromList, AfterValidator(_sort)] = ()
    """Service accounts."""


@dataclass(frozen=True)
class Call:
    """The context of one call, as a backend sees it."""

    time: datetime
    """When the call arrives, with its zone."""
    source_ip: str | None = None
    """Public address of the caller; None where the call came through a private network."""
    networks: frozenset[str] = field(default_factory=frozenset)
    """Private networks the call came through: on AWS the VPC endpoint and its VPC."""
    identity: str | None = None
    """ARN of the calling role, or the calling service account."""
    country: str | None = None
    """Country of the caller's address."""
    tls: str | None = None
    """Version of TLS, such as 1.2; None for a call without TLS."""
    via_service: bool = False
    """Whether a cloud service makes the call on behalf of another principal; such a call has no place of its own."""


class Restriction(Section):
    """What a call must fulfil to be permitted: one place of `cidrs` or `networks`, and every other clause.

    The model is in normal form: lists are sorted and without duplicates, address ranges merged, timestamps in UTC. Two
    restrictions with the same meaning are equal and compile to the same policy.
    """

    cidrs: Annotated[tuple[Cidr, ...], FromList, AfterValidator(_collapse)] = ()
    """Public address ranges of callers, CIDR without host bits. With `networks`, one place of either is enough."""
    countries: Annotated[
        tuple[Annotated[str, AfterValidator(_check_country)], ...], FromList, AfterValidator(_sort)
    ] = ()
    """Countries of callers, ISO 3166-1 alpha-2. Enforced by the authorizer, AWS WAF and Cloud Armor, not by IAM."""
    hours: Hours | None = None
    """Recurring time window. Enforced by GCP IAM conditions and the authorizer, not by AWS IAM."""
    networks: Networks = Networks()
    """Private networks of callers. With `cidrs`, one place of either is enough."""
    identities: Identities = Identities()
    """Workload identities that may call; all others are refused even where another policy allows them."""
    tls: Annotated[
        Literal["1.2", "1.3"], BeforeValidator(lambda value: str(value) if isinstance(value, float) else value)
    ] = "1.2"
    """Minimum TLS version. AWS and Google endpoints accept no version before 1.2, so 1.2 is enforced everywhere."""
    expires: Timestamp | None = None
    """Time from which nothing is permitted any more; a date alone, in quotes, means 00:00 UTC."""

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if self.clauses() == ("tls",) and "tls" not in self.model_fields_set:
            raise ValueError(f"restricts nothing; add at least one of {', '.join(get_args(Clause))}")
        return self

    def clauses(self) -> tuple[Clause, ...]:
        """Return the names of the clauses that are set, in the order of the model; `tls` is always one."""
        present: dict[Clause, bool] = {
            "cidrs": bool(self.cidrs),
            "countries": bool(self.countries),
            "hours": self.hours is not None,
            "networks": bool(self.networks.everywhere()),
            "identities": bool(self.identities.everywhere()),
            "tls": True,
            "expires": self.expires is not None,
        }
        return tuple(clause for clause, given in present.items() if given)

    def permits(self, call: Call) -> bool:
        """Return whether a call fulfils every clause: the reference that each compiled policy is tested against."""
        return (
            self._permits_place(call)
            and (not self.countries or call.country in self.countries)
            and (self.hours is None or self.hours.cover(call.time))
            and self._permits_identity(call.identity)
            and call.tls is not None
            and tuple(map(int, call.tls.split("."))) >= tuple(map(int, self.tls.split(".")))
            and (self.expires is None or call.time < self.expires)
        )

    def _permits_place(self, call: Call) -> bool:
        networks = set(self.networks.everywhere())
        if not self.cidrs and not networks:
            return True
        if call.via_service:
            return False
        if call.source_ip is not None and any(ipaddress.ip_address(call.source_ip) in cidr for cidr in self.cidrs):
            return True
        return not networks.isdisjoint(call.networks)

    def _permits_identity(self, identity: str | None) -> bool:
        patterns = self.identities.everywhere()
        return not patterns or (identity is not None and any(_like(identity, pattern) for pattern in patterns))


def _like(text: str, pattern: str) -> bool:
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(char) or re.escape(char) for char in pattern), text, re.DOTALL) is not None
