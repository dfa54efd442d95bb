"""Cloud KMS keys: rotation, recovery, protection level, access and separation of duties."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import seconds
from keystead_policies.engine.resources.grants import authoritative, granted_to_the_public, members, subject
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.tags import tags_of
from keystead_policies.engine.rule import Context, Level, Severity, limit, rule, stack_rule

_KEY = "gcp:kms/cryptoKey:CryptoKey"
_GRANTS = (
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding",
    "gcp:kms/keyRingIAMMember:KeyRingIAMMember",
    "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding",
)
_GUIDE = "https://cloud.google.com/kms/docs"
_DAY = 86400
_ADMIN = "roles/cloudkms.admin"
_USE = (
    "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "roles/cloudkms.cryptoKeyDecrypter",
    "roles/cloudkms.cryptoKeyEncrypter",
    "roles/cloudkms.cryptoOperator",
    "roles/cloudkms.signer",
    "roles/cloudkms.signerVerifier",
)


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.10", "NIST-800-53-SC-12(2)", "NIST-800-57-5.3.6", "PCI-3.7.4"],
    link=f"{_GUIDE}/key-rotation",
    fix="set `rotationPeriod` in seconds, such as `7776000s` for 90 days",
    options={"max_days": 90},
    repair=lambda _key, context: {"rotationPeriod": f"{context.options['max_days'] * _DAY}s"},
)
def key_rotates(key: Resource, context: Context) -> Iterator[str]:
    """Cloud KMS keys rotate automatically at least every `max_days` days (default {max_days}).

    Asymmetric, imported and external keys cannot rotate automatically and are exempt.
    """
    level = key.properties.table("versionTemplate").get("protectionLevel", "SOFTWARE")
    symmetric = key.properties.get("purpose", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
    if not symmetric or key.properties.flag("importOnly") or level.startswith("EXTERNAL"):
        return
    days = seconds(key.properties, "rotationPeriod") / _DAY
    if not days:
        yield "`rotationPeriod` is not set, so the key never rotates"
    elif days > context.options["max_days"]:
        yield f"`rotationPeriod` is {days:g} days, at most {context.options['max_days']} is allowed"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-12", "PCI-3.7.5"],
    link=f"{_GUIDE}/destroy-restore",
    fix="raise `destroyScheduledDuration`",
    options={"min_days": 14, "min_days_low": 7, "min_days_high": 30, "min_days_critical": 30},
)
def key_can_be_recovered(key: Resource, context: Context) -> Iterator[str]:
    """Cloud KMS key versions stay restorable for at least `min_days` days (default {min_days}).

    Cloud KMS destroys a version 30 days after the request where `destroyScheduledDuration` is not set.
    """
    wanted = limit(key, context, "min_days")
    days = seconds(key.properties, "destroyScheduledDuration", f"{30 * _DAY}s") / _DAY
    if days < wanted:
        yield f"`destroyScheduledDuration` is {days:g} days, at least {wanted} is required"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-13", "PCI-3.6.1.2"],
    link=f"{_GUIDE}/hsm",
    fix="set `protectionLevel` in `versionTemplate` to `HSM`",
    options={"label": "keystead-tier", "tiers": ("critical",)},
)
def critical_key_is_in_hardware(key: Resource, context: Context) -> Iterator[str]:
    """Cloud KMS keys of critical tiers are protected by an HSM or external key manager.

    The option `tiers` lists the tiers, and the option `label` names the label with the tier of a key.
    """
    tier = tags_of(key).get(context.options["label"])
    level = key.properties.table("versionTemplate").get("protectionLevel", "SOFTWARE")
    if tier in context.options["tiers"] and level == "SOFTWARE":
        yield f"`protectionLevel` in `versionTemplate` is SOFTWARE, tier {tier} requires HSM or external protection"


@rule(
    *_GRANTS,
    "gcp:kms/cryptoKeyIAMPolicy:CryptoKeyIAMPolicy",
    "gcp:kms/keyRingIAMPolicy:KeyRingIAMPolicy",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.9", "NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/iam",
    fix="remove the member, and grant the role to the accounts that need it",
)
def key_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """Cloud KMS keys are not publicly accessible."""
    yield from granted_to_the_public(grant)


@rule(
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding",
    "gcp:kms/cryptoKeyIAMPolicy:CryptoKeyIAMPolicy",
    "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding",
    "gcp:kms/keyRingIAMPolicy:KeyRingIAMPolicy",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-12", "OWASP-SM-2.9"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/kms/cryptokeyiammember/",
    fix="use CryptoKeyIAMMember or KeyRingIAMMember, which leave other members in place",
)
def key_grants_are_additive(grant: Resource, _context: Context) -> Iterator[str]:
    """Cloud KMS IAM grants are additive.

    Authoritative bindings and policies also remove Google's service agents, and services can no longer decrypt.
    """
    yield authoritative(grant)


@rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-12", "PCI-3.7.5"],
    link="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    fix="set the resource option `protect` to true, or set `deletionPolicy` to `PREVENT`",
    levels={"development": Level.DISABLED},
)
def key_is_protected(key: Resource, _context: Context) -> Iterator[str]:
    """Cloud KMS keys in production are protected from deletion.

    `pulumi destroy` destroys all versions of a key that is not protected.
    """
    if not key.protected and key.properties.get("deletionPolicy", "DELETE") == "DELETE":
        yield "`deletionPolicy` is DELETE and the resource option `protect` is not set"


@stack_rule(
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.11", "NIST-800-57-5.2", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/separation-of-duties",
    fix="grant key administration and key usage to different members",
    reads=(*_GRANTS, "gcp:projects/iAMMember:IAMMember"),
)
def key_duties_are_separated(grant: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Cloud KMS key users do not have the key administrator role."""
    if grant.properties.get("role") not in _USE:
        return
    for member in members(grant):
        if member in stack.derived(_administrators):
            yield f"`member` {subject(member)} uses the key and has {_ADMIN}"


def _administrators(stack: Stack) -> frozenset[str]:
    """Return the members that have the key administrator role."""
    grants = (each for each in stack.of(*_GRANTS, "gcp:projects/iAMMember:IAMMember"))
    return frozenset(member for each in grants if each.properties.get("role") == _ADMIN for member in members(each))
