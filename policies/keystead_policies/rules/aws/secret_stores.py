"""Secrets Manager and Parameter Store: own keys, closed policies, time to restore, rotation within the period."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import schedule_days
from keystead_policies.engine.resources.public_access import for_everybody
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.tags import carries
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, limit, rule, stack_rule

_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
_ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html"
_GUIDE = "https://docs.aws.amazon.com/secretsmanager/latest/userguide"


def _shared(values: Values, name: str) -> bool:
    """Whether the key is AWS's own: none is named, or its alias is; what is not known yet is a key of the program."""
    return not values.given(name) or (values.known(name) and "alias/aws/" in values.get(name))


@rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1", "OWASP-SM-7.3"],
    link=f"{_GUIDE}/security-encryption.html",
    fix="set kms_key_id to a key of this environment",
)
def secret_has_a_customer_key(secret: Resource, _context: Context) -> Iterator[str]:
    """A secret and each of its replicas is encrypted by a customer key, whose policy is a second lock."""
    if _shared(secret.properties, "kmsKeyId"):
        yield "it is encrypted by aws/secretsmanager, which every reader in the account may use"
    for replica in secret.properties.items_of("replicas"):
        if _shared(replica, "kmsKeyId"):
            yield f"its replica in {replica.get('region')} is encrypted by aws/secretsmanager"


@rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/manage_delete-secret.html",
    fix="set recovery_window_in_days",
    options={"min_days": 7, "min_days_low": 0, "min_days_high": 30, "min_days_critical": 30},
)
def secret_can_be_restored(secret: Resource, context: Context) -> Iterator[str]:
    """A deleted secret can be restored for at least `min_days` days; Secrets Manager keeps it 30 by itself."""
    wanted = limit(secret, context, "min_days")
    days = secret.properties.get("recoveryWindowInDays", 30)
    if days < wanted:
        yield f"a deletion is final after {days} days, fewer than {wanted}"


@rule(
    _SECRET,
    _POLICY,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="name the principals, or add a condition on aws:PrincipalArn or aws:PrincipalAccount",
)
def secret_policy_is_not_public(policy: Resource, _context: Context) -> Iterator[str]:
    """No resource policy of a secret allows everybody."""
    for statement in for_everybody(policy):
        yield f"{statement.label} allows Principal '*'"


@rule(
    _POLICY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="set block_public_policy=True",
    repair=lambda _policy, _context: {"blockPublicPolicy": True},
)
def secret_policy_blocks_the_public(policy: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager checks each policy for public access before it takes it."""
    if not policy.properties.get("blockPublicPolicy"):
        yield "a later policy could open it to the public"


@stack_rule(
    _ROTATION,
    severity=Severity.HIGH,
    controls=["FSBP-SecretsManager.4", "NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_HUB}#secretsmanager-4",
    fix="lower automatically_after_days or the schedule's rate",
    options={"max_days": 90, "max_days_low": 730, "max_days_standard": 365, "max_days_high": 180},
    reads=(_SECRET,),
)
def secret_rotates_within_its_period(rotation: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """A secret that rotates does so at least every `max_days` days, by the tier of the secret."""
    wanted = limit((stack.named_in(rotation, "secretId", _SECRET) or [rotation])[0], context, "max_days")
    rules = rotation.properties.table("rotationRules")
    days = schedule_days(str(rules.get("scheduleExpression", ""))) or rules.get("automaticallyAfterDays", 0)
    if days > wanted:
        yield f"it rotates every {days:g} days, more than {wanted}"


@stack_rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["FSBP-SecretsManager.1", "NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_HUB}#secretsmanager-1",
    fix="add an aws.secretsmanager.SecretRotation, or say why not in the tag keystead:rotation (manual, copy)",
    reads=(_ROTATION,),
    options={"spared": ("keystead:rotation=manual", "keystead:rotation=copy")},
)
def secret_rotates(secret: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """Every secret rotates by itself, or its tag says that a person brings its value, or that it is a copy."""
    if not carries(secret, context.options["spared"]) and not stack.named_by(secret, "secretId", _ROTATION):
        yield "nothing rotates it"


@stack_rule(
    _SECRET,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "PCI-7.2.2", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="add an aws.secretsmanager.SecretPolicy that denies whoever is not meant",
    reads=(_POLICY,),
)
def secret_has_a_policy(secret: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Every secret has a resource policy: without one, any IAM policy of the account opens it."""
    if not secret.properties.given("policy") and not stack.named_by(secret, "secretArn", _POLICY):
        yield "it has no resource policy"


@rule(
    "aws:ssm/parameter:Parameter",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1"],
    link="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
    fix="set key_id to a key of this environment",
)
def parameter_has_a_customer_key(parameter: Resource, _context: Context) -> Iterator[str]:
    """A SecureString parameter is encrypted by a customer key."""
    if parameter.properties.get("type") == "SecureString" and _shared(parameter.properties, "keyId"):
        yield "it is encrypted by aws/ssm, which every reader in the account may use"
