"""Secret Manager: encryption, access, recovery, rotation."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import seconds
from keystead_policies.engine.resources.grants import authoritative, granted_to_the_public
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
_GOOGLE_MANAGED = "`customerManagedEncryption` is not set, so the secret is encrypted with a Google-managed key"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1", "OWASP-SM-7.3"],
    link=f"{_GUIDE}/cmek",
    fix="set `customerManagedEncryption` with a key in the same location",
)
def secret_has_a_customer_key(secret: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager secrets are encrypted with customer-managed encryption keys (CMEK).

    Each replica needs a key in its own location.
    """
    if secret.type == _REGIONAL:
        if not secret.properties.given("customerManagedEncryption"):
            yield _GOOGLE_MANAGED
        return
    replication = secret.properties.table("replication")
    if replication.given("auto") and not replication.table("auto").given("customerManagedEncryption"):
        yield _GOOGLE_MANAGED
    for replica in replication.table("userManaged").items_of("replicas"):
        if not replica.given("customerManagedEncryption"):
            yield f"`replicas`: the replica in {replica.get('location')} has no `customerManagedEncryption`"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_GUIDE}/secret-rotation",
    fix="set `rotationPeriod` and `topics`, or set the label `keystead-rotation` to `manual` or `copy`",
    options={
        "max_days": 90,
        "spared": ("keystead-rotation=manual", "keystead-rotation=copy"),
        "max_days_low": 730,
        "max_days_standard": 365,
        "max_days_high": 180,
    },
)
def secret_rotates(secret: Resource, context: Context) -> Iterator[str]:
    """Secret Manager secrets rotate at least every `max_days` days (default {max_days}).

    A secret whose value is set by hand or mirrored from another store has the label `keystead-rotation` instead.
    """
    if carries(secret, context.options["spared"]):
        return
    days = seconds(secret.properties.table("rotation"), "rotationPeriod") / _DAY
    if not days:
        yield "`rotationPeriod` is not set, so nothing rotates the secret"
    elif days > (wanted := limit(secret, context, "max_days")):
        yield f"`rotationPeriod` is {days:g} days, at most {wanted} is allowed"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-IA-5", "OWASP-SM-2.4"],
    link=f"{_GUIDE}/secret-rotation",
    fix="set `topics` to a topic that a rotator subscribes to",
)
def rotation_reaches_a_rotator(secret: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager rotation notifications are sent to a Pub/Sub topic.

    Secret Manager only sends a message; a subscriber has to rotate the secret.
    """
    if secret.properties.given("rotation") and not secret.properties.items_of("topics"):
        yield "`rotation` is set without `topics`, so no rotator is notified"


@rule(
    *_GRANTS,
    "gcp:secretmanager/secretIamPolicy:SecretIamPolicy",
    "gcp:secretmanager/regionalSecretIamPolicy:RegionalSecretIamPolicy",
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/access-control",
    fix="remove the member, and grant the role to the accounts that need it",
)
def secret_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager secrets are not publicly accessible."""
    yield from granted_to_the_public(grant)


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/delay-destruction-of-secret-versions",
    fix="set `versionDestroyTtl` to the required number of days, in seconds",
    options={"min_days": 7, "min_days_low": 0, "min_days_high": 30, "min_days_critical": 30},
)
def secret_version_can_be_restored(secret: Resource, context: Context) -> Iterator[str]:
    """Secret Manager secret versions stay restorable for at least `min_days` days (default {min_days}).

    Secret Manager destroys a version at once where `versionDestroyTtl` is not set.
    """
    wanted = limit(secret, context, "min_days")
    days = seconds(secret.properties, "versionDestroyTtl") / _DAY
    if days < wanted:
        yield f"`versionDestroyTtl` is {days:g} days, at least {wanted} is required"


@rule(
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
    "gcp:secretmanager/secretIamPolicy:SecretIamPolicy",
    "gcp:secretmanager/regionalSecretIamBinding:RegionalSecretIamBinding",
    "gcp:secretmanager/regionalSecretIamPolicy:RegionalSecretIamPolicy",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-SM-2.9"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/secretmanager/secretiammember/",
    fix="use SecretIamMember or RegionalSecretIamMember, which leave other members in place",
)
def secret_grants_are_additive(grant: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager IAM grants are additive.

    Authoritative bindings and policies remove readers that another program has granted.
    """
    yield authoritative(grant)


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.HIGH,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/manage-access-to-secrets",
    fix="remove `ttl` and `expireTime`, and let rotation replace the value",
)
def secret_does_not_expire(secret: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager secrets have no expiration.

    Secret Manager deletes an expired secret with all its versions, and they cannot be restored.
    """
    for name in ("ttl", "expireTime"):
        if secret.properties.given(name):
            yield f"`{name}` is set, so the secret is deleted when it expires"
