"""Secret Manager: own keys, no strangers, time to restore, rotation that reaches a rotator."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import seconds
from keystead_policies.engine.resources.grants import PUBLIC, members
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.tags import carries
from keystead_policies.engine.rule import Context, Severity, limit, rule

_SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type token
_REGIONAL = "gcp:secretmanager/regionalSecret:RegionalSecret"
_GUIDE = "https://cloud.google.com/secret-manager/docs"
_GRANTS = (
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
    "gcp:secretmanager/regionalSecretIamMember:RegionalSecretIamMember",
    "gcp:secretmanager/regionalSecretIamBinding:RegionalSecretIamBinding",
)
_DAY = 86400


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1", "OWASP-SM-7.3"],
    link=f"{_GUIDE}/cmek",
    fix="set customer_managed_encryption with a key in the same location",
)
def secret_has_a_customer_key(secret: Resource, _context: Context) -> Iterator[str]:
    """A secret is encrypted by a customer key in every place it is kept."""
    if secret.type == _REGIONAL:
        if not secret.properties.given("customerManagedEncryption"):
            yield "it is encrypted by Google's own key"
        return
    replication = secret.properties.table("replication")
    if replication.given("auto") and not replication.table("auto").given("customerManagedEncryption"):
        yield "it is encrypted by Google's own key"
    for replica in replication.table("userManaged").items_of("replicas"):
        if not replica.given("customerManagedEncryption"):
            yield f"its replica in {replica.get('location')} is encrypted by Google's own key"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_GUIDE}/secret-rotation",
    fix="set rotation.rotation_period and topics, or say why not in the label keystead-rotation (manual, copy)",
    options={
        "max_days": 90,
        "spared": ("keystead-rotation=manual", "keystead-rotation=copy"),
        "max_days_low": 730,
        "max_days_standard": 365,
        "max_days_high": 180,
    },
)
def secret_rotates(secret: Resource, context: Context) -> Iterator[str]:
    """Every secret rotates at least every `max_days` days and tells a topic, or its label says why not."""
    if carries(secret, context.options["spared"]):
        return
    days = seconds(secret.properties.table("rotation").get("rotationPeriod", "")) / _DAY
    if not days:
        yield "nothing rotates it"
    elif days > (wanted := limit(secret, context, "max_days")):
        yield f"it rotates every {days:g} days, more than {wanted}"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-IA-5", "OWASP-SM-2.4"],
    link=f"{_GUIDE}/secret-rotation",
    fix="set topics to one that a rotator listens to",
)
def rotation_reaches_a_rotator(secret: Resource, _context: Context) -> Iterator[str]:
    """A rotation period comes with a topic: Secret Manager sends a message and rotates nothing itself."""
    if secret.properties.given("rotation") and not secret.properties.items_of("topics"):
        yield "its rotation is told to nobody"


@rule(
    *_GRANTS,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/access-control",
    fix="name the members",
)
def secret_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """No secret is open to everybody."""
    for member in members(grant):
        if member in PUBLIC:
            yield f"{grant.properties.get('role')} is given to {member}"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/delay-destruction-of-secret-versions",
    fix="set version_destroy_ttl",
    options={"min_days": 7, "min_days_low": 0, "min_days_high": 30, "min_days_critical": 30},
)
def secret_version_can_be_restored(secret: Resource, context: Context) -> Iterator[str]:
    """A destroyed version can be restored for at least `min_days` days; by itself it is gone at once."""
    wanted = limit(secret, context, "min_days")
    days = seconds(secret.properties.get("versionDestroyTtl", "")) / _DAY
    if days < wanted:
        yield f"a destroyed version is gone after {days:g} days, fewer than {wanted}"


@rule(
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
    "gcp:secretmanager/secretIamPolicy:SecretIamPolicy",
    "gcp:secretmanager/regionalSecretIamBinding:RegionalSecretIamBinding",
    "gcp:secretmanager/regionalSecretIamPolicy:RegionalSecretIamPolicy",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-SM-2.9"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/secretmanager/secretiammember/",
    fix="use SecretIamMember, which adds and takes nothing away",
)
def secret_grants_are_additive(grant: Resource, _context: Context) -> Iterator[str]:
    """Grants on secrets add to what is there: one that is authoritative evicts readers others have granted."""
    yield f"it evicts whoever else has {grant.properties.get('role', 'a role')}"
