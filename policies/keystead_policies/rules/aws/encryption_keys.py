"""KMS keys: they rotate, they can be recovered, nobody is locked out, and people find them by an alias."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Severity, limit, rule, stack_rule

_KEY = "aws:kms/key:Key"
_REPLICA = "aws:kms/replicaKey:ReplicaKey"
_KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html"
_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide"


def _rotatable(key: Resource) -> bool:
    """Whether KMS can rotate it: symmetric keys of its own store only (developer guide, "Rotate AWS KMS keys")."""
    if key.properties.given("customKeyStoreId"):
        return False
    spec: str = key.properties.get("customerMasterKeySpec", "SYMMETRIC_DEFAULT")
    usage: str = key.properties.get("keyUsage", "ENCRYPT_DECRYPT")
    return (spec, usage) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-AWS-3.6", "FSBP-KMS.4", "NIST-800-53-SC-12(2)", "NIST-800-57-5.3.6", "PCI-3.7.4"],
    link=f"{_HUB}#kms-4",
    fix="set enable_key_rotation=True",
    repair=lambda _key, _context: {"enableKeyRotation": True},
)
def key_rotates(key: Resource, _context: Context) -> Iterator[str]:
    """Every symmetric customer key that KMS can rotate has its material rotated."""
    if _rotatable(key) and not key.properties.get("enableKeyRotation"):
        yield "its material is never rotated"


@rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-57-5.3.6", "PCI-3.7.4"],
    link=f"{_GUIDE}/rotate-keys.html",
    fix="lower rotation_period_in_days",
    options={"max_days": 365, "max_days_low": 730, "max_days_standard": 730, "max_days_high": 730},
)
def key_rotates_within_its_period(key: Resource, context: Context) -> Iterator[str]:
    """A symmetric customer key is rotated at least every `max_days` days; KMS does so every 365 by itself."""
    wanted = limit(key, context, "max_days")
    days = key.properties.get("rotationPeriodInDays", 365)
    if _rotatable(key) and days > wanted:
        yield f"its material is rotated every {days} days, more than {wanted}"


@rule(
    _KEY,
    _REPLICA,
    "aws:kms/externalKey:ExternalKey",
    severity=Severity.HIGH,
    controls=["FSBP-KMS.3", "NIST-800-53-SC-12", "PCI-3.7.5"],
    link=f"{_HUB}#kms-3",
    fix="raise deletion_window_in_days",
    options={"min_days": 14, "min_days_low": 7, "min_days_high": 30, "min_days_critical": 30},
)
def key_can_be_recovered(key: Resource, context: Context) -> Iterator[str]:
    """A deleted key can be taken back for at least `min_days` days; KMS waits 30 by itself."""
    wanted = limit(key, context, "min_days")
    days = key.properties.get("deletionWindowInDays", 30)
    if days < wanted:
        yield f"its deletion is final after {days} days, fewer than {wanted}"


@rule(
    _KEY,
    _REPLICA,
    "aws:kms/externalKey:ExternalKey",
    _KEY_POLICY,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-SC-12", "PCI-3.6.1"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="remove bypass_policy_lockout_safety_check",
)
def key_policy_check_is_not_bypassed(key: Resource, _context: Context) -> Iterator[str]:
    """KMS's own check that a new key policy locks nobody out stays on."""
    if key.properties.get("bypassPolicyLockoutSafetyCheck"):
        yield "KMS's lock-out check is bypassed"


@rule(
    _KEY,
    _REPLICA,
    severity=Severity.MEDIUM,
    controls=["FSBP-KMS.3", "PCI-3.7.5"],
    link=f"{_GUIDE}/enabling-keys.html",
    fix="set is_enabled=True, or delete the key",
)
def key_is_enabled(key: Resource, _context: Context) -> Iterator[str]:
    """A key that is kept can be used; one that is not to be used is deleted with its window."""
    name = "isEnabled" if key.type == _KEY else "enabled"
    if key.properties.get(name, True) is False:
        yield "it is switched off, and so is everything encrypted by it"


@stack_rule(
    _REPLICA,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/multi-region-keys-replicate.html",
    fix="give it the policy of its primary key",
    reads=(_KEY_POLICY,),
)
def replica_key_has_its_policy(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """A replica key states its policy: KMS does not copy the primary's, and the default lets any IAM policy use it."""
    if not key.properties.given("policy") and not stack.named_by(key, "keyId", _KEY_POLICY):
        yield "it has KMS's default policy, not its primary's"


@rule(
    "aws:kms/grant:Grant",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/grants.html",
    fix="grant the operations that are used, without CreateGrant, and name an encryption context in constraints",
)
def grant_is_narrow(grant: Resource, _context: Context) -> Iterator[str]:
    """A grant hands on no right to grant, and decrypts within one encryption context."""
    operations = list(grant.properties.items_of("operations"))
    if "CreateGrant" in operations:
        yield "its holder may grant to others (CreateGrant)"
    if "Decrypt" in operations and not grant.properties.given("constraints"):
        yield "its holder decrypts whatever the key has encrypted"


@stack_rule(
    _KEY,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)"],
    link=f"{_GUIDE}/kms-alias.html",
    fix="add an aws.kms.Alias that targets it",
    reads=("aws:kms/alias:Alias",),
)
def key_has_alias(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Every key has an alias, so that programs and people name its purpose and it can be replaced behind the name."""
    if not stack.named_by(key, "targetKeyId", "aws:kms/alias:Alias"):
        yield "no alias names it"


@stack_rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.1"],
    link=f"{_GUIDE}/multi-region-keys-overview.html",
    fix="add an aws.kms.ReplicaKey in a second region, or set multi_region=False",
    reads=(_REPLICA,),
)
def multi_region_key_has_a_replica(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """A multi-Region key is replicated: by itself it has the wider trust of one and the availability of none."""
    if key.properties.get("multiRegion") and not stack.named_by(key, "primaryKeyArn", _REPLICA):
        yield "it is multi-Region and has no replica"
