"""Which backend holds which clause of a restriction. A clause a backend would drop is an error, never a silence."""

from collections.abc import Mapping
from typing import Literal

from keystead.restriction import Clause

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
