"""Restrictions: production secrets say from where they are read, and say it so that it holds."""

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
    fix="add a Deny for readers outside their network (aws:SourceVpce) or addresses (aws:SourceIp)",
    levels={"development": Level.DISABLED},
)
def secret_carries_a_restriction(policy: Resource, _context: Context) -> Iterator[str]:
    """A production secret is denied to readers outside their place or time."""
    if not policy.properties.given("policy"):
        return
    denying = (each for each in statements(policy.properties, "policy") if not each.allows)
    if not any(each.names("secretsmanager:GetSecretValue") and each.condition(*_PLACES) for each in denying):
        yield "who may read it may do so from anywhere"


@rule(
    _SECRET,
    _SECRET_POLICY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-8(1)", "PCI-4.2.1", "OWASP-SM-2.8"],
    link=f"{_KEYS}#condition-keys-securetransport",
    fix="add a Deny with Bool aws:SecureTransport false",
)
def secret_asks_for_tls(policy: Resource, _context: Context) -> Iterator[str]:
    """A secret's policy denies calls without TLS."""
    if not policy.properties.given("policy"):
        return
    for statement in statements(policy.properties, "policy"):
        if not statement.allows and ("Bool", ("false",)) in statement.condition("aws:securetransport"):
            return
    yield "its policy does not deny calls without TLS"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link=f"{_KEYS}#condition-keys-multifactorauthpresent",
    fix="write BoolIfExists",
)
def deny_holds_where_a_key_is_missing(policy: Resource, _context: Context) -> Iterator[str]:
    """A Deny without a second factor uses BoolIfExists: requests with long-term keys lack the key, Bool spares them."""
    for statement in statements(policy.properties, "policy"):
        if not statement.allows and ("Bool", ("false",)) in statement.condition("aws:multifactorauthpresent"):
            yield f"{statement.label} denies nothing to long-term keys, whose requests lack aws:MultiFactorAuthPresent"


@rule(
    *_POLICIES,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-API-API8"],
    link=f"{_KEYS}#condition-keys-sourceip",
    fix="add Bool aws:ViaAWSService false",
)
def deny_by_address_spares_services(policy: Resource, _context: Context) -> Iterator[str]:
    """A Deny by address leaves out services that act for a caller: they come from their own address."""
    for statement in statements(policy.properties, "policy"):
        if statement.allows or not _outside(statement):
            continue
        if not statement.condition(*_SERVICES, "aws:sourcevpce", "aws:sourcevpc"):
            yield f"{statement.label} also denies AWS services that act for its readers"


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
    """No condition on aws:SourceIp names a private range: AWS sees public addresses there, so it never matches."""
    for statement in statements(policy.properties, "policy"):
        for _, values in statement.condition("aws:sourceip"):
            if private := [value for value in values if _private(value)]:
                yield f"{statement.label} names {', '.join(private)}"


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
    fix="name the addresses that are meant",
)
def address_range_is_not_the_internet(policy: Resource, _context: Context) -> Iterator[str]:
    """No condition on an address means everybody."""
    for statement in statements(policy.properties, "policy"):
        for _, values in statement.condition("aws:sourceip"):
            if wide := [value for value in values if value in {"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1"}]:
                yield f"{statement.label} means everybody ({', '.join(wide)})"
