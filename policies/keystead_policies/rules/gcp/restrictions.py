"""Restrictions in grants: IAM conditions on secrets in production."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.grants import members, subject
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Level, Severity, rule

_GRANTS = (
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
    "gcp:secretmanager/regionalSecretIamMember:RegionalSecretIamMember",
    "gcp:secretmanager/regionalSecretIamBinding:RegionalSecretIamBinding",
)
_CONDITIONS = "https://cloud.google.com/iam/docs/conditions-overview"
_SINCE = re.compile(r"request\.time>=?timestamp\([\"'](\d{4}-\d\d-\d\d)[^)]*\)")
"""An expression that is true from a date on."""
_READING = ("roles/secretmanager.secretAccessor",)


@rule(
    *_GRANTS,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "NIST-800-53-SC-7", "PCI-1.3.1", "OWASP-SM-6.3"],
    link=_CONDITIONS,
    fix="add a `condition` with an access level, an expiry (request.time) or hours",
    levels={"development": Level.DISABLED},
    options={"spared": ("rotator", "break-glass")},
)
def secret_carries_a_restriction(grant: Resource, context: Context) -> Iterator[str]:
    """Secret Manager grants in production have an IAM condition.

    Accounts whose name contains one of `spared` are exempt.
    """
    if grant.properties.get("role") not in _READING or grant.properties.given("condition"):
        return
    for member in members(grant):
        if not any(part in member for part in context.options["spared"]):
            yield f"`condition` is not set, so {subject(member)} can read the secret from anywhere at any time"


@rule(
    *_GRANTS,
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:projects/iAMMember:IAMMember",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link="https://cloud.google.com/iam/docs/conditions-attribute-reference",
    fix="replace the expression with one that can be false",
)
def condition_says_something(grant: Resource, context: Context) -> Iterator[str]:
    """IAM conditions restrict the grant.

    A condition that is always true restricts nothing.
    """
    if not grant.properties.given("condition"):
        return
    expression = str(grant.properties.table("condition").get("expression", "")).replace(" ", "")
    while expression.startswith("(") and expression.endswith(")") and "(" not in expression[1:]:
        expression = expression[1:-1]
    since = _SINCE.fullmatch(expression)
    past = since is not None and since[1] <= context.waivers.today.isoformat()
    if past or expression in {"", "true", "!false", "1==1"} or expression.endswith(("||true", "||1==1")):
        yield f"`expression` {expression or '(empty)'!r} is always true"
