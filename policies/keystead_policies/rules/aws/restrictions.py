"""Restrictions in policies: network, address, time, TLS and MFA."""

import ipaddress
from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, statements
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Level, Severity, rule

_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
_SECRET_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 - a type token
_POLICIES = (
    _SECRET_POLICY,
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:s3/bucketPolicy:BucketPolicy",
)
_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
_PLACES = (
    "aws:sourceip",
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:vpcsourceip",
    "aws:currenttime",
)
_SERVICES = ("aws:viaawsservice", "aws:principalisawsservice")


@rule(
    _SECRET,
    _SECRET_POLICY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "NIST-800-53-SC-7", "PCI-1.3.1", "OWASP-SM-6.3"],
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
    fix="add a Deny statement for callers outside their network (aws:SourceVpce) or addresses (aws:SourceIp)",
    levels={"development": Level.DISABLED},
)
def secret_carries_a_restriction(policy: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager secrets in production deny access from outside the allowed network or time."""
    if not policy.properties.given("policy"):
        return
    denying = (each for each in statements(policy.properties, "policy") if not each.allows)
    if not any(each.names("secretsmanager:GetSecretValue") and each.condition(*_PLACES) for each in denying):
        yield "`policy` does not deny secretsmanager:GetSecretValue by network, address or time"


@rule(
    _SECRET,
    _SECRET_POLICY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_KEYS}#condition-keys-securetransport",
    fix="add a Deny statement with the Bool condition aws:SecureTransport false",
)
def secret_asks_for_tls(policy: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager resource policies deny requests without TLS."""
    if not policy.properties.given("policy"):
        return
    for statement in statements(policy.properties, "policy"):
        denied = statement.public and statement.names("secretsmanager:GetSecretValue") and not statement.allows
        if denied and ("Bool", ("false",)) in statement.condition("aws:securetransport"):
            return
    yield "`policy` does not deny requests without TLS"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link=f"{_KEYS}#condition-keys-multifactorauthpresent",
    fix="use BoolIfExists instead of Bool",
)
def deny_holds_where_a_key_is_missing(policy: Resource, _context: Context) -> Iterator[str]:
    """AWS policies that deny requests without MFA use BoolIfExists.

    Requests signed with long-term keys lack the condition key, so Bool does not match them.
    """
    for statement in statements(policy.properties, "policy"):
        if not statement.allows and ("Bool", ("false",)) in statement.condition("aws:multifactorauthpresent"):
            yield f"`policy`: {statement.label} does not match requests signed with long-term keys"


@rule(
    *_POLICIES,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link=f"{_KEYS}#condition-keys-sourceip",
    fix="add the Bool condition aws:ViaAWSService false",
)
def deny_by_address_spares_services(policy: Resource, _context: Context) -> Iterator[str]:
    """AWS policies that deny by source address exempt calls from AWS services.

    A service that acts on behalf of a caller sends its own address.
    """
    for statement in statements(policy.properties, "policy"):
        if statement.allows or not _outside(statement):
            continue
        if not statement.condition(*_SERVICES, "aws:sourcevpce", "aws:sourcevpc"):
            yield f"`policy`: {statement.label} also denies AWS services that act on behalf of the callers"


def _outside(statement: Statement) -> bool:
    return any(operator.startswith("NotIpAddress") for operator, _ in statement.condition("aws:sourceip"))


@rule(
    *_POLICIES,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link=f"{_KEYS}#condition-keys-sourceip",
    fix="use aws:SourceVpce or aws:VpcSourceIp for private networks",
)
def address_can_be_seen(policy: Resource, _context: Context) -> Iterator[str]:
    """AWS policies use public addresses in conditions on aws:SourceIp.

    The condition key holds public addresses only, so a private range never matches.
    """
    for statement in statements(policy.properties, "policy"):
        for _, values in statement.condition("aws:sourceip"):
            if private := [value for value in values if _private(value)]:
                yield f"`policy`: {statement.label} has the private range {', '.join(private)} in aws:SourceIp"


def _private(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return any(network.version == 4 and network.subnet_of(each) for each in _RANGES)


_RANGES = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-7", "PCI-1.3.1"],
    link=f"{_KEYS}#condition-keys-sourceip",
    fix="restrict aws:SourceIp to the addresses that need access",
)
def address_range_is_not_the_internet(policy: Resource, _context: Context) -> Iterator[str]:
    """AWS policies do not allow the whole internet in conditions on aws:SourceIp."""
    for statement in statements(policy.properties, "policy"):
        for _, values in statement.condition("aws:sourceip"):
            if wide := [value for value in values if value in {"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1"}]:
                yield f"`policy`: {statement.label} has {', '.join(wide)} in aws:SourceIp"
