"""KMS keys: rotation, recovery, replicas, grants and aliases."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Severity, limit, rule, stack_rule

_KEY = "aws:kms/key:Key"
_REPLICA = "aws:kms/replicaKey:ReplicaKey"
_KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html"
_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide"


def _rotatable(key: Resource) -> bool:
    """Whether KMS can rotate it: a symmetric key outside custom key stores (guide, "Rotate AWS KMS keys")."""
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
    fix="set `enableKeyRotation` to true",
    repair=lambda _key, _context: {"enableKeyRotation": True},
)
def key_rotates(key: Resource, _context: Context) -> Iterator[str]:
    """KMS symmetric keys have automatic key rotation enabled.

    KMS rotates only symmetric encryption keys outside custom key stores; other keys are exempt.
    """
    if _rotatable(key) and not key.properties.flag("enableKeyRotation"):
        yield "`enableKeyRotation` is not true, so KMS never rotates the key"


@rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-57-5.3.6", "PCI-3.7.4"],
    link=f"{_GUIDE}/rotate-keys.html",
    fix="lower `rotationPeriodInDays`",
    options={"max_days": 365, "max_days_low": 730, "max_days_standard": 730, "max_days_high": 730},
)
def key_rotates_within_its_period(key: Resource, context: Context) -> Iterator[str]:
    """KMS keys rotate automatically at least every `max_days` days (default {max_days}).

    KMS rotates every 365 days where `rotationPeriodInDays` is not set.
    """
    wanted = limit(key, context, "max_days")
    days = key.properties.number("rotationPeriodInDays", 365)
    if _rotatable(key) and days > wanted:
        yield f"`rotationPeriodInDays` is {days}, at most {wanted} is allowed"


@rule(
    _KEY,
    _REPLICA,
    "aws:kms/externalKey:ExternalKey",
    severity=Severity.HIGH,
    controls=["FSBP-KMS.3", "NIST-800-53-SC-12", "PCI-3.7.5"],
    partly=["FSBP-KMS.3"],
    link=f"{_HUB}#kms-3",
    fix="raise `deletionWindowInDays`",
    options={"min_days": 14, "min_days_low": 7, "min_days_high": 30, "min_days_critical": 30},
)
def key_can_be_recovered(key: Resource, context: Context) -> Iterator[str]:
    """KMS keys have a deletion waiting period of at least `min_days` days (default {min_days}).

    KMS waits 30 days where `deletionWindowInDays` is not set. A scheduled deletion can be cancelled until then.
    """
    wanted = limit(key, context, "min_days")
    days = key.properties.number("deletionWindowInDays", 30)
    if days < wanted:
        yield f"`deletionWindowInDays` is {days}, at least {wanted} is required"


@rule(
    _KEY,
    _REPLICA,
    "aws:kms/externalKey:ExternalKey",
    _KEY_POLICY,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-SC-12", "PCI-3.6.1"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="remove `bypassPolicyLockoutSafetyCheck`, or set it to false",
)
def key_policy_check_is_not_bypassed(key: Resource, _context: Context) -> Iterator[str]:
    """KMS key policies are set without bypassing the lockout safety check.

    The check refuses a key policy that would leave no principal able to change it.
    """
    if key.properties.flag("bypassPolicyLockoutSafetyCheck"):
        yield "`bypassPolicyLockoutSafetyCheck` is true"


@rule(
    _KEY,
    _REPLICA,
    severity=Severity.MEDIUM,
    controls=["PCI-3.7.5"],
    link=f"{_GUIDE}/enabling-keys.html",
    fix="set `isEnabled` (Key) or `enabled` (ReplicaKey) to true, or delete the key",
)
def key_is_enabled(key: Resource, _context: Context) -> Iterator[str]:
    """KMS keys are enabled.

    Data encrypted with a disabled key cannot be decrypted. The deletion of an unused key is scheduled instead.
    """
    name = "isEnabled" if key.type == _KEY else "enabled"
    if not key.properties.flag(name, default=True):
        yield f"`{name}` is false, so data encrypted with the key cannot be decrypted"


@stack_rule(
    _REPLICA,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/multi-region-keys-replicate.html",
    fix="set `policy` to the policy of the primary key",
    reads=(_KEY_POLICY,),
)
def replica_key_has_its_policy(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """KMS replica keys have an explicit key policy.

    KMS does not copy the policy of the primary key, and under the default key policy any IAM policy of the account can
    grant use of the replica.
    """
    if not key.properties.given("policy") and not stack.named_by(key, "keyId", _KEY_POLICY):
        yield "`policy` is not set, so the replica has the default key policy"


@rule(
    "aws:kms/grant:Grant",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/grants.html",
    fix=(
        "list only the operations that are used in `operations`, without CreateGrant, and set `constraints` to an "
        "encryption context"
    ),
)
def grant_is_narrow(grant: Resource, _context: Context) -> Iterator[str]:
    """KMS grants do not allow further grants or unconstrained decryption."""
    operations = list(grant.properties.items_of("operations"))
    if "CreateGrant" in operations:
        yield "`operations` includes CreateGrant, so the grantee can grant access to others"
    if {"Decrypt", "ReEncryptFrom"} & set(operations) and not grant.properties.given("constraints"):
        yield "`constraints` is not set, so the grantee can decrypt all data encrypted with the key"


@stack_rule(
    _KEY,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)"],
    link=f"{_GUIDE}/kms-alias.html",
    fix="add an `aws:kms/alias:Alias` with this key as `targetKeyId`",
    reads=("aws:kms/alias:Alias",),
)
def key_has_alias(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """KMS keys have an alias.

    An alias names the purpose of a key and stays the same when the key is replaced.
    """
    if not stack.named_by(key, "targetKeyId", "aws:kms/alias:Alias"):
        yield "no Alias has this key as `targetKeyId`"


@stack_rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.1"],
    link=f"{_GUIDE}/multi-region-keys-overview.html",
    fix="add an `aws:kms/replicaKey:ReplicaKey` in a second Region, or set `multiRegion` to false",
    reads=(_REPLICA,),
)
def multi_region_key_has_a_replica(key: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """KMS multi-Region keys have a replica in another Region.

    Without a replica a multi-Region key adds no availability, and its key material may still leave its Region.
    """
    if key.properties.flag("multiRegion") and not stack.named_by(key, "primaryKeyArn", _REPLICA):
        yield "`multiRegion` is true, and no ReplicaKey has this key as `primaryKeyArn`"
