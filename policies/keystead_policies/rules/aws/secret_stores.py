"""Secrets Manager and Parameter Store: encryption, policies, recovery, rotation."""

from collections.abc import Iterator

from keystead_policies.engine.resources.durations import schedule_days
from keystead_policies.engine.resources.public_access import publicly_allowed
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
    """Whether the key is AWS managed: not set, or an alias of AWS; a value not known yet is another key."""
    return not values.given(name) or (values.known(name) and "alias/aws/" in values.get(name))


@rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1", "OWASP-SM-7.3"],
    link=f"{_GUIDE}/security-encryption.html",
    fix="set `kmsKeyId` to a key of this environment",
)
def secret_has_a_customer_key(secret: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager secrets and their replicas are encrypted with a customer managed KMS key.

    The key policy then limits who can read the secret; aws/secretsmanager is usable by every reader in the account.
    """
    if _shared(secret.properties, "kmsKeyId"):
        yield "`kmsKeyId` is not a customer managed key, so the secret is encrypted with aws/secretsmanager"
    for replica in secret.properties.items_of("replicas"):
        if _shared(replica, "kmsKeyId"):
            region = replica.get("region")
            yield f"`replicas`: the replica in {region} is encrypted with aws/secretsmanager"


@rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["NIST-800-53-CP-9", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/manage_delete-secret.html",
    fix="raise `recoveryWindowInDays`",
    options={"min_days": 7, "min_days_low": 0, "min_days_high": 30, "min_days_critical": 30},
)
def secret_can_be_restored(secret: Resource, context: Context) -> Iterator[str]:
    """Secrets Manager secrets have a recovery window of at least `min_days` days (default {min_days}).

    Secrets Manager keeps a deleted secret for 30 days where `recoveryWindowInDays` is not set.
    """
    wanted = limit(secret, context, "min_days")
    days = secret.properties.number("recoveryWindowInDays", 30)
    if days < wanted:
        yield f"`recoveryWindowInDays` is {days}, at least {wanted} is required"


@rule(
    _SECRET,
    _POLICY,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="list the principals, or add a condition on aws:PrincipalArn or aws:PrincipalAccount",
)
def secret_policy_is_not_public(policy: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager resource policies do not allow public access."""
    yield from publicly_allowed(policy)


@rule(
    _POLICY,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="set `blockPublicPolicy` to true",
    repair=lambda _policy, _context: {"blockPublicPolicy": True},
)
def secret_policy_blocks_the_public(policy: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager resource policies are set with public access blocked.

    Secrets Manager then refuses a policy that allows public access.
    """
    if not policy.properties.flag("blockPublicPolicy"):
        yield "`blockPublicPolicy` is not true, so a policy that allows public access would be accepted"


@stack_rule(
    _ROTATION,
    severity=Severity.HIGH,
    controls=["FSBP-SecretsManager.4", "NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_HUB}#secretsmanager-4",
    fix="lower `automaticallyAfterDays`, or shorten the interval of `scheduleExpression`",
    options={"max_days": 90, "max_days_low": 730, "max_days_standard": 365, "max_days_high": 180},
    reads=(_SECRET,),
)
def secret_rotates_within_its_period(rotation: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """Secrets Manager secrets rotate at least every `max_days` days (default {max_days}).

    The limit depends on the tier of the secret.
    """
    wanted = limit((stack.named_in(rotation, "secretId", _SECRET) or [rotation])[0], context, "max_days")
    rules = rotation.properties.table("rotationRules")
    days = schedule_days(str(rules.get("scheduleExpression", ""))) or rules.number("automaticallyAfterDays", 0)
    if days > wanted:
        yield f"`rotationRules`: the interval is {days:g} days, at most {wanted} is allowed"


@stack_rule(
    _SECRET,
    severity=Severity.HIGH,
    controls=["FSBP-SecretsManager.1", "NIST-800-53-IA-5", "PCI-8.6.3", "OWASP-SM-2.7.2"],
    link=f"{_HUB}#secretsmanager-1",
    fix=(
        "add an `aws:secretsmanager/secretRotation:SecretRotation`, or set the tag `keystead:rotation` to `manual` or"
        " `copy`"
    ),
    reads=(_ROTATION,),
    options={"spared": ("keystead:rotation=manual", "keystead:rotation=copy")},
)
def secret_rotates(secret: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """Secrets Manager secrets have automatic rotation enabled.

    A secret whose value is set by hand or mirrored from another store has the tag `keystead:rotation` instead.
    """
    if not carries(secret, context.options["spared"]) and not stack.named_by(secret, "secretId", _ROTATION):
        yield "no SecretRotation has this secret as `secretId`"


@stack_rule(
    _SECRET,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "PCI-7.2.2", "OWASP-SM-2.3"],
    link=f"{_GUIDE}/auth-and-access_resource-policies.html",
    fix="add an `aws:secretsmanager/secretPolicy:SecretPolicy` that denies all principals but the readers",
    reads=(_POLICY,),
)
def secret_has_a_policy(secret: Resource, stack: Stack, _context: Context) -> Iterator[str]:
    """Secrets Manager secrets have a resource policy.

    Without one, any IAM policy of the account can grant access to the secret.
    """
    if not secret.properties.given("policy") and not stack.named_by(secret, "secretArn", _POLICY):
        yield "no SecretPolicy has this secret as `secretArn`, and `policy` is not set"


@rule(
    "aws:ssm/parameter:Parameter",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1"],
    link="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
    fix="set `keyId` to a key of this environment",
)
def parameter_has_a_customer_key(parameter: Resource, _context: Context) -> Iterator[str]:
    """SSM SecureString parameters are encrypted with a customer managed KMS key.

    The AWS managed key aws/ssm is usable by every reader in the account.
    """
    if parameter.properties.get("type") == "SecureString" and _shared(parameter.properties, "keyId"):
        yield "`keyId` is not a customer managed key, so the parameter is encrypted with aws/ssm"
