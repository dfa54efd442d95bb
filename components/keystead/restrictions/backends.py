"""Which backend enforces which clause of a restriction. A clause a backend would drop is an error, never a silence."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from keystead.model.clouds import CLOUDS, TITLES, Cloud
from keystead.model.errors import RestrictionError
from keystead.restrictions.restriction import Clause, IPNetwork, PerCloud, Restriction

Backend = Literal[
    "aws-secret-policy",
    "aws-key-policy",
    "aws-role-policy",
    "aws-api-policy",
    "aws-api-domain",
    "aws-waf",
    "gcp-iam-condition",
    "gcp-api-key",
    "gcp-access-level",
    "gcp-cloud-armor",
    "gcp-ssl-policy",
    "authorizer",
]
"""A place where a cloud or Keystead itself evaluates the context of a call."""


@dataclass(frozen=True)
class Enforcement:
    """What a backend is and does."""

    title: str
    """The backend as messages call it."""
    cloud: Cloud
    """The cloud it belongs to; the authorizer runs on AWS."""
    clauses: frozenset[Clause]
    """Clauses it enforces in full. `tls` here means 1.3: AWS and Google APIs themselves refuse what is below 1.2."""


_IAM: frozenset[Clause] = frozenset({"cidrs", "networks", "identities", "expires"})
"""What AWS condition keys can express. aws:CurrentTime is one point in time, so no recurring hours; no key holds a
country."""
_ALL_BUT_TLS: frozenset[Clause] = frozenset({*_IAM, "countries", "hours"})

BACKENDS: Mapping[Backend, Enforcement] = {
    "aws-secret-policy": Enforcement("the resource policy of an AWS secret", "aws", _IAM),
    "aws-key-policy": Enforcement("the policy of an AWS KMS key", "aws", _IAM),
    "aws-role-policy": Enforcement("the policy of an AWS role", "aws", _IAM),
    "aws-api-policy": Enforcement("an API Gateway resource policy", "aws", _IAM),
    "aws-api-domain": Enforcement("an API Gateway custom domain", "aws", frozenset({"tls"})),
    "aws-waf": Enforcement("AWS WAF", "aws", frozenset({"cidrs", "countries"})),
    "gcp-iam-condition": Enforcement("a GCP IAM condition", "gcp", frozenset({"hours", "expires"})),
    "gcp-api-key": Enforcement("a GCP API key", "gcp", frozenset({"cidrs"})),
    "gcp-access-level": Enforcement("a GCP access level", "gcp", _ALL_BUT_TLS),
    "gcp-cloud-armor": Enforcement("Cloud Armor", "gcp", frozenset({"cidrs", "countries"})),
    "gcp-ssl-policy": Enforcement("a GCP SSL policy", "gcp", frozenset({"tls"})),
    "authorizer": Enforcement("the authorizer", "aws", _ALL_BUT_TLS),
}

_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Ranges that never reach a cloud over the internet: RFC 1918, 6598, 1122, 3927, 4193, 4291."""


@dataclass(frozen=True)
class _Words:
    """What messages say of the backends of one cloud."""

    private_network: str
    """What to name instead of a private address range."""
    no_version: str
    """Why a version of TLS cannot be asked for."""
    endpoints: str
    """Whose endpoints accept TLS 1.2 or newer only."""


_WORDS: Mapping[Cloud, _Words] = {
    "aws": _Words(
        "the VPC endpoint or the VPC", "no global condition key contains the TLS version", "AWS endpoints accept"
    ),
    "gcp": _Words("the VPC network", "no attribute of a request contains the TLS version", "Google's endpoints accept"),
}


def enforcing(clause: Clause) -> str:
    """Return the backends that enforce a clause, as a phrase."""
    *most, last = [backend.title for backend in BACKENDS.values() if clause in backend.clauses]
    return f"{', '.join(most)} and {last}" if most else last


def unenforced(restriction: Restriction, backend: Backend) -> list[str]:
    """Return a sentence for each clause a backend cannot enforce: the clause, the backend, which ones can, the fix."""
    own = BACKENDS[backend]
    problems = [
        f"clause {clause}: {own.title} cannot enforce it; {enforcing(clause)} can"
        for clause in restriction.clauses()
        if clause not in own.clauses and clause != "tls"
    ]
    if restriction.tls != "1.2" and "tls" not in own.clauses:
        words = _WORDS[own.cloud]
        problems.append(
            f"clause tls: {own.title} cannot require {restriction.tls}, since {words.no_version}; {enforcing('tls')} "
            f"can; 1.2, the oldest version that {words.endpoints}, is enforced everywhere"
        )
    return [*problems, *_never_met(restriction, own)]


def _never_met(restriction: Restriction, own: Enforcement) -> Iterator[str]:
    """Yield clauses that name nothing the backend's cloud could see, so that no call at all would be allowed."""
    private = [str(cidr) for cidr in restriction.cidrs if _is_private(cidr)]
    if private and "cidrs" in own.clauses:
        yield (
            f"clause cidrs: {own.title} never sees private addresses ({', '.join(private)}); "
            f"name {_WORDS[own.cloud].private_network} under networks.{own.cloud}"
        )
    if not restriction.cidrs:
        yield from _elsewhere(restriction.networks, own, "networks", "a network")
    yield from _elsewhere(restriction.identities, own, "identities", "an identity")


def _elsewhere(named: PerCloud, own: Enforcement, clause: Clause, kind: str) -> Iterator[str]:
    others = [cloud for cloud in CLOUDS if cloud != own.cloud and named.on(cloud)]
    if others and not named.on(own.cloud) and clause in own.clauses:
        yield (
            f"clause {clause}: {own.title} cannot match {kind} of {TITLES[others[0]]}; "
            f"name one under {clause}.{own.cloud}"
        )


def _is_private(cidr: IPNetwork) -> bool:
    return any(cidr.version == block.version and cidr.subnet_of(block) for block in _PRIVATE)  # type: ignore[arg-type]


def require(restriction: Restriction, backend: Backend) -> None:
    """Refuse, with a RestrictionError, a restriction that a backend cannot enforce as a whole."""
    problems = unenforced(restriction, backend)
    if problems:
        raise RestrictionError("; ".join(problems))
