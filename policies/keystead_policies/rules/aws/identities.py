"""IAM policies, users and access keys: least privilege."""

import re
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
_WILDCARD = re.compile(r"(?:[a-z0-9-]+:)?\*+|\*+:\*+", re.IGNORECASE)
"""All actions of a service, or of all services."""


_BROAD = (
    *("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "SecretsManagerReadWrite"),
    *("AmazonSSMFullAccess", "AmazonSSMReadOnlyAccess", "AWSCloudTrail_FullAccess", "AWSKeyManagementServicePowerUser"),
)
"""AWS managed policies that allow everything, or reading every secret or parameter, or changing keys and trails."""


def _full(statement: Statement) -> bool:
    return statement.all_actions and statement.all_resources


@rule(
    *_POLICIES,
    severity=Severity.CRITICAL,
    controls=["CIS-AWS-1.15", "FSBP-IAM.1", "NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_HUB}/iam-controls.html#iam-1",
    fix="list only the actions and resources that are used",
)
def policy_is_not_full_admin(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow full administrative privileges."""
    for statement in identity_statements(policy):
        if _full(statement):
            yield f"`policy`: {statement.label} allows all actions on all resources"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-IAM.21", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_HUB}/iam-controls.html#iam-21",
    fix="list only the actions that are used",
)
def policy_has_no_service_wildcard(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow all actions of a service."""
    for statement in identity_statements(policy):
        wide = sorted(action for action in statement.actions if _WILDCARD.fullmatch(action))
        if wide and not _full(statement):
            yield f"`policy`: {statement.label} allows {', '.join(wide)}"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-KMS.1", "FSBP-KMS.2", "NIST-800-53-AC-6", "PCI-3.6.1.3"],
    link=f"{_HUB}/kms-controls.html#kms-1",
    fix="specify the ARNs of the keys, or add a condition on kms:ViaService, kms:ResourceAliases or aws:ResourceTag",
)
def policy_decrypts_with_named_keys(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow decryption with all KMS keys."""
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
            yield f"`policy`: {statement.label} allows decryption with all keys"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5", "OWASP-SM-2.3"],
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html",
    fix="specify the ARNs of the secrets, or add a condition on secretsmanager:ResourceTag",
)
def policy_reads_named_secrets(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow reading all Secrets Manager secrets."""
    narrow = ("aws:resourcetag/*", "secretsmanager:resourcetag/*", "secretsmanager:resource/*")
    for statement in identity_statements(policy):
        reads = statement.names("secretsmanager:GetSecretValue") and not _full(statement)
        if reads and statement.reaches_all("secret") and not statement.limited(*narrow):
            yield f"`policy`: {statement.label} allows secretsmanager:GetSecretValue on all secrets"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/id_roles_use_passrole.html",
    fix="specify the ARNs of the roles, or add a condition on iam:PassedToService",
)
def policy_passes_named_roles(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow passing all roles to services.

    A principal that can pass any role can act with the permissions of any role.
    """
    for statement in identity_statements(policy):
        passes = statement.names("iam:PassRole") and not _full(statement)
        services = [value for _, values in statement.condition("iam:passedtoservice") for value in values]
        narrow = statement.limited("iam:passedtoservice") and not any(value.startswith("*") for value in services)
        if passes and statement.reaches_all("role") and not narrow:
            yield f"`policy`: {statement.label} allows iam:PassRole on all roles"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/reference_policies_elements_notaction.html",
    fix="replace NotAction and NotResource with Action and Resource",
)
def policy_says_what_it_allows(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not use NotAction or NotResource in Allow statements.

    Such a statement also allows every action and resource that is added later.
    """
    for statement in identity_statements(policy):
        if statement.negated:
            yield f"`policy`: {statement.label} allows everything except what it names"


@rule(
    "aws:iam/accessKey:AccessKey",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
    severity=Severity.CRITICAL,
    controls=["CIS-AWS-1.13", "FSBP-IAM.3", "NIST-800-53-IA-5", "PCI-8.6.2"],
    link=f"{_IAM}/id_credentials_access-keys.html",
    fix="use a role, or a rotator that creates the access key and stores it in Secrets Manager",
)
def access_key_is_not_in_the_state(key: Resource, _context: Context) -> Iterator[str]:
    """IAM access keys and service-specific credentials are not created by the program.

    The secret access key would be kept in Pulumi's state, unless `pgpKey` encrypts it, and nothing rotates it.
    """
    if key.properties.given("pgpKey"):
        return
    if key.type.endswith(":AccessKey"):
        yield "the secret access key (`secret`) is kept in Pulumi's state"
    else:
        yield "the password (`servicePassword`) is kept in Pulumi's state"


@rule(
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    severity=Severity.MEDIUM,
    controls=["CIS-AWS-1.14", "FSBP-IAM.2", "NIST-800-53-AC-2(1)"],
    link=f"{_HUB}/iam-controls.html#iam-2",
    fix="attach the policy to a group or role",
)
def user_has_no_policy_of_its_own(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM users receive permissions only through groups or roles."""
    yield f"`user` {policy.properties.get('user')} receives the permissions directly"


@rule(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
    "aws:iam/role:Role",
    severity=Severity.HIGH,
    controls=["CIS-AWS-1.15", "NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/access_policies_job-functions.html",
    fix="attach a policy with only the actions that are used",
    options={"forbidden": _BROAD},
)
def attached_policy_is_narrow(attachment: Resource, context: Context) -> Iterator[str]:
    """IAM identities do not have broad AWS managed policies attached.

    The policies are listed in `forbidden`; SecretsManagerReadWrite, for example, allows reading every secret.
    """
    properties = attachment.properties
    for key in ("policyArn", "policyArns", "managedPolicyArn", "managedPolicyArns"):
        for arn in properties.items_of(key):
            name = str(arn).rsplit("/", 1)[-1]
            if name in context.options["forbidden"]:
                yield f"`{key}` includes {name}"
