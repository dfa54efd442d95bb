"""Cloud KMS keys: they rotate, they can be recovered, hardware holds the critical ones, and duties are separated."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import seconds
from keystead_policies.engine.resources.grants import PUBLIC, members, subject
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
    fix="set rotation_period='7776000s'",
    options={"max_days": 90},
    repair=lambda _key, context: {"rotationPeriod": f"{context.options['max_days'] * _DAY}s"},
)
def key_rotates(key: Resource, context: Context) -> Iterator[str]:
    """Every symmetric key gets a new version at least every `max_days` days; not imported or external ones."""
    level = key.properties.table("versionTemplate").get("protectionLevel", "SOFTWARE")
    symmetric = key.properties.get("purpose", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
    if not symmetric or key.properties.get("importOnly") or level.startswith("EXTERNAL"):
        return
    days = seconds(key.properties.get("rotationPeriod", "")) / _DAY
    if not days:
        yield "it never gets a new version"
    elif days > context.options["max_days"]:
        yield f"it gets a new version every {days:g} days, more than {context.options['max_days']}"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-12", "PCI-3.7.5"],
    link=f"{_GUIDE}/destroy-restore",
    fix="raise destroy_scheduled_duration",
    options={"min_days": 14, "min_days_low": 7, "min_days_high": 30, "min_days_critical": 30},
)
def key_can_be_recovered(key: Resource, context: Context) -> Iterator[str]:
    """A destroyed version can be taken back for at least `min_days` days; Cloud KMS waits 30 by itself."""
    wanted = limit(key, context, "min_days")
    days = seconds(key.properties.get("destroyScheduledDuration", f"{30 * _DAY}s")) / _DAY
    if days < wanted:
        yield f"its destruction is final after {days:g} days, fewer than {wanted}"


@rule(
    _KEY,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-13", "PCI-3.6.1.2"],
    link=f"{_GUIDE}/hsm",
    fix="set version_template.protection_level='HSM'",
    options={"label": "keystead-tier", "tiers": ("critical",)},
)
def critical_key_is_in_hardware(key: Resource, context: Context) -> Iterator[str]:
    """A key labelled with one of `tiers` is held in an HSM, or outside of Google."""
    tier = tags_of(key).get(context.options["label"])
    level = key.properties.table("versionTemplate").get("protectionLevel", "SOFTWARE")
    if tier in context.options["tiers"] and level == "SOFTWARE":
        yield f"its tier is {tier} and its protection level SOFTWARE"


@rule(
    *_GRANTS,
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.9", "NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/iam",
    fix="name the members",
)
def key_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """No key or key ring is open to everybody."""
    for member in members(grant):
        if member in PUBLIC:
            yield f"{grant.properties.get('role')} is given to {member}"


@rule(
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding",
    "gcp:kms/cryptoKeyIAMPolicy:CryptoKeyIAMPolicy",
    "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding",
    "gcp:kms/keyRingIAMPolicy:KeyRingIAMPolicy",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-12", "OWASP-SM-2.9"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/kms/cryptokeyiammember/",
    fix="use CryptoKeyIAMMember, which adds and takes nothing away",
)
def key_grants_are_additive(grant: Resource, _context: Context) -> Iterator[str]:
    """Grants on keys add to what is there: an authoritative one evicts Google's service agents, and data is lost."""
    yield f"it evicts whoever else has {grant.properties.get('role', 'a role')}"


@rule(
    _KEY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-12", "PCI-3.7.5"],
    link="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    fix="set protect=True, or deletion_policy='PREVENT'",
    levels={"development": Level.DISABLED},
)
def key_is_protected(key: Resource, _context: Context) -> Iterator[str]:
    """A production key is not destroyed by `pulumi destroy`, which destroys every version."""
    if not key.protected and key.properties.get("deletionPolicy", "DELETE") == "DELETE":
        yield "`pulumi destroy` destroys it"


@stack_rule(
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.11", "NIST-800-57-5.2", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/separation-of-duties",
    fix="give managing and using to different members",
    reads=(*_GRANTS, "gcp:projects/iAMMember:IAMMember"),
)
def key_duties_are_separated(grant: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Nobody who uses a key also manages keys."""
    if grant.properties.get("role") not in _USE:
        return
    managing = stack.of(*_GRANTS, "gcp:projects/iAMMember:IAMMember")
    managers = {member for each in managing if each.properties.get("role") == _ADMIN for member in members(each)}
    for member in members(grant):
        if member in managers:
            yield f"{subject(member)} uses keys and has {_ADMIN}"
