"""Identities: no full rights, no wildcards over keys and secrets, no keys that live for years."""

from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, identity_statements
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/role:Role",
)
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_DECRYPTION = ("kms:Decrypt", "kms:ReEncryptFrom")
_SENSITIVE = ("kms:", "secretsmanager:", "iam:", "sts:", "ssm:", "lambda:", "cloudtrail:")


def _full(statement: Statement) -> bool:
    return "*" in statement.actions and statement.all_resources


@rule(
    *_POLICIES,
    severity=Severity.CRITICAL,
    controls=["CIS-AWS-1.15", "FSBP-IAM.1", "NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_HUB}/iam-controls.html#iam-1",
    fix="list the actions and resources that are used",
)
def policy_is_not_full_admin(policy: Resource, _context: Context) -> Iterator[str]:
    """No policy allows every action on every resource."""
    for statement in identity_statements(policy):
        if _full(statement):
            yield f"{statement.label} allows * on *"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-IAM.21", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_HUB}/iam-controls.html#iam-21",
    fix="list the actions that are used",
)
def policy_has_no_service_wildcard(policy: Resource, _context: Context) -> Iterator[str]:
    """No policy allows all actions of a service that holds keys, secrets, identities or their records."""
    for statement in identity_statements(policy):
        wide = sorted(action for action in statement.actions if action.lower() in {f"{name}*" for name in _SENSITIVE})
        if wide:
            yield f"{statement.label} allows {', '.join(wide)}"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-KMS.1", "FSBP-KMS.2", "NIST-800-53-AC-6", "PCI-3.6.1.3"],
    link=f"{_HUB}/kms-controls.html#kms-1",
    fix="name the key's ARN, or add a condition on kms:ViaService, kms:ResourceAliases or aws:ResourceTag",
)
def policy_decrypts_with_named_keys(policy: Resource, _context: Context) -> Iterator[str]:
    """No policy allows to decrypt with every key."""
    narrow = (
        "kms:viaservice",
        "kms:resourcealiases",
        "kms:requestalias",
        "aws:resourcetag/*",
        "kms:encryptioncontext:*",
    )
    for statement in identity_statements(policy):
        decrypts = any(statement.names(action) for action in _DECRYPTION) and not _full(statement)
        if decrypts and statement.reaches_all("key") and not statement.limited(*narrow):
            yield f"{statement.label} decrypts with any key"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5", "OWASP-SM-2.3"],
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html",
    fix="name the secrets' ARNs, or add a condition on secretsmanager:ResourceTag",
)
def policy_reads_named_secrets(policy: Resource, _context: Context) -> Iterator[str]:
    """No policy allows to read every secret."""
    narrow = ("aws:resourcetag/*", "secretsmanager:resourcetag/*", "secretsmanager:resource/*")
    for statement in identity_statements(policy):
        reads = statement.names("secretsmanager:GetSecretValue") and not _full(statement)
        if reads and statement.reaches_all("secret") and not statement.limited(*narrow):
            yield f"{statement.label} reads any secret"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/id_roles_use_passrole.html",
    fix="name the roles, or add a condition on iam:PassedToService",
)
def policy_passes_named_roles(policy: Resource, _context: Context) -> Iterator[str]:
    """No policy lets its holder give any role to a service: it would act with that role's rights."""
    for statement in identity_statements(policy):
        passes = statement.names("iam:PassRole") and not _full(statement)
        if passes and statement.reaches_all("role") and not statement.limited("iam:passedtoservice"):
            yield f"{statement.label} passes any role"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/reference_policies_elements_notaction.html",
    fix="write Action and Resource instead of NotAction and NotResource",
)
def policy_says_what_it_allows(policy: Resource, _context: Context) -> Iterator[str]:
    """No Allow statement says NotAction or NotResource: whatever AWS adds later would be allowed."""
    for statement in identity_statements(policy):
        if statement.negated:
            yield f"{statement.label} allows all but what it names"


@rule(
    "aws:iam/accessKey:AccessKey",
    severity=Severity.CRITICAL,
    controls=["CIS-AWS-1.13", "FSBP-IAM.3", "NIST-800-53-IA-5", "PCI-8.6.2"],
    link=f"{_IAM}/id_credentials_access-keys.html",
    fix="use a role; where only a key will do, let a rotator make it and keep it in Secrets Manager",
)
def access_key_is_not_in_the_state(_key: Resource, _context: Context) -> Iterator[str]:
    """No program makes a long-lived access key: the state keeps its secret half, and nothing rotates it."""
    yield "its secret half is in the state"


@rule(
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    severity=Severity.MEDIUM,
    controls=["CIS-AWS-1.14", "FSBP-IAM.2", "NIST-800-53-AC-2(1)"],
    link=f"{_HUB}/iam-controls.html#iam-2",
    fix="attach it to a group or a role",
)
def user_has_no_policy_of_its_own(policy: Resource, _context: Context) -> Iterator[str]:
    """Users get rights through groups and roles only."""
    yield f"it gives rights to the user {policy.properties.get('user')} directly"


@rule(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/role:Role",
    severity=Severity.HIGH,
    controls=["CIS-AWS-1.15", "NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/access_policies_job-functions.html",
    fix="attach a policy with the actions that are used",
    options={"forbidden": ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "SecretsManagerReadWrite")},
)
def attached_policy_is_narrow(attachment: Resource, context: Context) -> Iterator[str]:
    """None of AWS's broadest policies is attached: SecretsManagerReadWrite reads every secret."""
    properties = attachment.properties
    for arn in (*properties.items_of("policyArn"), *properties.items_of("managedPolicyArns")):
        name = str(arn).rsplit("/", 1)[-1]
        if name in context.options["forbidden"]:
            yield f"{name} is attached"
