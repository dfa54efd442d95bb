"""Which backend holds which clause of a restriction. A clause a backend would drop is an error, never a silence."""

import ipaddress
from collections.abc import Mapping
from typing import Literal

from keystead.model.clouds import Cloud
from keystead.model.errors import RestrictionError
from keystead.restrictions.restriction import Clause, IPNetwork, Restriction

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

TITLES: Mapping[Backend, str] = {
    "aws-secret-policy": "the resource policy of an AWS secret",
    "aws-key-policy": "the policy of an AWS KMS key",
    "aws-role-policy": "the policy of an AWS role",
    "aws-api-policy": "an API Gateway resource policy",
    "aws-api-domain": "an API Gateway custom domain",
    "aws-waf": "AWS WAF",
    "gcp-iam-condition": "a GCP IAM condition",
    "gcp-api-key": "a GCP API key",
    "gcp-access-level": "a GCP access level",
    "gcp-cloud-armor": "Cloud Armor",
    "gcp-ssl-policy": "a GCP SSL policy",
    "authorizer": "the authorizer",
}
"""Backends as messages call them."""

IAM: frozenset[Clause] = frozenset({"cidrs", "networks", "identities", "expires"})
"""What AWS condition keys can express. aws:CurrentTime is a moment, so no recurring hours; no key knows a country."""

HELD: Mapping[Backend, frozenset[Clause]] = {
    "aws-secret-policy": IAM,
    "aws-key-policy": IAM,
    "aws-role-policy": IAM,
    "aws-api-policy": IAM,
    "aws-api-domain": frozenset({"tls"}),
    "aws-waf": frozenset({"cidrs", "countries"}),
    "gcp-iam-condition": frozenset({"hours", "expires"}),
    "gcp-api-key": frozenset({"cidrs"}),
    "gcp-access-level": frozenset({"cidrs", "countries", "hours", "networks", "identities", "expires"}),
    "gcp-cloud-armor": frozenset({"cidrs", "countries"}),
    "gcp-ssl-policy": frozenset({"tls"}),
    "authorizer": frozenset({"cidrs", "countries", "hours", "networks", "identities", "expires"}),
}
"""Clauses each backend holds in full. `tls` here means 1.3: AWS and Google APIs themselves refuse what is below 1.2."""


def holders(clause: Clause) -> str:
    """Return the backends that hold a clause, as a phrase."""
    *most, last = [TITLES[backend] for backend, held in HELD.items() if clause in held]
    return f"{', '.join(most)} and {last}" if most else last


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

_INSTEAD: Mapping[Cloud, str] = {"aws": "the VPC endpoint or the VPC", "gcp": "the VPC network"}


def unheld(restriction: Restriction, backend: Backend) -> list[str]:
    """Return a sentence for each clause a backend cannot hold: the clause, the backend, who can, what to do."""
    held = HELD[backend]
    problems = [
        f"clause {clause}: {TITLES[backend]} cannot hold it; {holders(clause)} can"
        for clause in restriction.clauses()
        if clause not in held and clause != "tls"
    ]
    if restriction.tls != "1.2" and "tls" not in held:
        problems.append(
            f"clause tls: {TITLES[backend]} cannot ask for {restriction.tls}, since {_NO_VERSION[cloud_of(backend)]}; "
            f"{holders('tls')} can; 1.2, the least that {_LEAST[cloud_of(backend)]} take, is held everywhere"
        )
    return [*problems, *_elsewhere(restriction, backend)]


_NO_VERSION: Mapping[Cloud, str] = {
    "aws": "no global condition key tells the version",
    "gcp": "no attribute of a request tells the version",
}
_LEAST: Mapping[Cloud, str] = {"aws": "AWS endpoints", "gcp": "Google's endpoints"}


def _elsewhere(restriction: Restriction, backend: Backend) -> list[str]:
    """Clauses that name nothing the backend's cloud could see, so that no call at all would pass."""
    cloud, held = cloud_of(backend), HELD[backend]
    other: Cloud = "gcp" if cloud == "aws" else "aws"
    networks, identities = getattr(restriction.networks, cloud), getattr(restriction.identities, cloud)
    problems = []
    private = [str(cidr) for cidr in restriction.cidrs if _is_private(cidr)]
    if private and "cidrs" in held:
        problems.append(
            f"clause cidrs: {TITLES[backend]} never sees private addresses ({', '.join(private)}); "
            f"name {_INSTEAD[cloud]} under networks.{cloud}"
        )
    if getattr(restriction.networks, other) and not networks and not restriction.cidrs and "networks" in held:
        problems.append(
            f"clause networks: {TITLES[backend]} knows no network of {other.upper()}; name one under networks.{cloud}"
        )
    if getattr(restriction.identities, other) and not identities and "identities" in held:
        problems.append(
            f"clause identities: {TITLES[backend]} knows no identity of {other.upper()}; "
            f"name one under identities.{cloud}"
        )
    return problems


def cloud_of(backend: Backend) -> Cloud:
    """Return the cloud a backend belongs to; the authorizer runs on AWS."""
    return "gcp" if backend.startswith("gcp-") else "aws"


def _is_private(cidr: IPNetwork) -> bool:
    return any(cidr.version == block.version and cidr.subnet_of(block) for block in _PRIVATE)  # type: ignore[arg-type]


def require(restriction: Restriction, backend: Backend) -> None:
    """Refuse, with a RestrictionError, a restriction that a backend cannot hold as a whole."""
    problems = unheld(restriction, backend)
    if problems:
        raise RestrictionError("; ".join(problems))
