"""IAM permissions that change keys, secrets, identities or audit logs, or assume other roles."""

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
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_CHANGES = (
    *("kms:PutKeyPolicy", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:DisableKey"),
    *("secretsmanager:PutResourcePolicy", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"),
    *("secretsmanager:UpdateSecret", "secretsmanager:CancelRotateSecret"),
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AttachRolePolicy", "iam:AttachUserPolicy"),
    *("iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey"),
    *("iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup"),
    *("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"),
)
"""Actions that grant access, or end it for others (Rhino Security Labs, "AWS IAM privilege escalation methods")."""
_NARROW = ("kms:viaservice", "kms:grantisforawsresource", "kms:resourcealiases", "aws:resourcetag/*")


def _listed(statement: Statement) -> bool:
    """Whether a statement lists its actions; other rules report one that allows all of a service."""
    return not any(set(action.rpartition(":")[2]) == {"*"} for action in statement.actions)


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/access_policies_examples.html",
    fix="specify the ARNs of the resources, or add a condition on aws:ResourceTag",
)
def policy_changes_named_resources(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow changing all keys, secrets, identities or trails."""
    for statement in identity_statements(policy):
        if not statement.all_resources or not _listed(statement) or statement.limited(*_NARROW):
            continue
        if named := [action for action in _CHANGES if statement.actions and statement.names(action)]:
            yield f"`policy`: {statement.label} allows {', '.join(named)} on all resources"


@rule(
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/id_roles_use_permissions-to-switch.html",
    fix="specify the ARNs of the roles",
)
def policy_assumes_named_roles(policy: Resource, _context: Context) -> Iterator[str]:
    """IAM policies do not allow assuming all roles."""
    for statement in identity_statements(policy):
        assumes = statement.actions and statement.names("sts:AssumeRole") and _listed(statement)
        if assumes and statement.reaches_all("role"):
            yield f"`policy`: {statement.label} allows sts:AssumeRole on all roles"
