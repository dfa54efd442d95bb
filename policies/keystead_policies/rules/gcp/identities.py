"""IAM roles, service accounts and federation: least privilege."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.grants import PUBLIC, by_role, granted_to_the_public, grants, place, subject
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_PROJECT = (
    "gcp:projects/iAMMember:IAMMember",
    "gcp:projects/iAMBinding:IAMBinding",
    "gcp:projects/iAMPolicy:IAMPolicy",
    "gcp:folder/iAMMember:IAMMember",
    "gcp:folder/iAMBinding:IAMBinding",
    "gcp:organizations/iAMMember:IAMMember",
    "gcp:organizations/iAMBinding:IAMBinding",
)
_RINGS = ("gcp:kms/keyRingIAMMember:KeyRingIAMMember", "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding")
_IAM = "https://cloud.google.com/iam/docs"
_BASIC = ("roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer")
_ADMINISTRATION = (
    *("roles/resourcemanager.projectIamAdmin", "roles/resourcemanager.organizationAdmin"),
    *("roles/resourcemanager.folderIamAdmin", "roles/iam.securityAdmin"),
)
_ACTING = (
    *("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser"),
    *("roles/iam.serviceAccountKeyAdmin", "roles/iam.serviceAccountOpenIdTokenCreator"),
)
_VALUES = (
    "roles/secretmanager.secretAccessor",
    "roles/secretmanager.admin",
    "roles/cloudkms.cryptoKeyDecrypter",
    "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "roles/cloudkms.cryptoKeyDecrypterViaDelegation",
    "roles/cloudkms.cryptoKeyEncrypterDecrypterViaDelegation",
    "roles/cloudkms.cryptoOperator",
)
_COMPARISON = re.compile(r"==|\bin\b|\.startsWith\(|\.matches\(")
"""Parts of an attribute condition that limit the tokens to known values."""
_VALUE_PERMISSIONS = ("secretmanager.versions.access", "cloudkms.cryptoKeyVersions.useToDecrypt")


@rule(
    "gcp:serviceaccount/key:Key",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.4", "NIST-800-53-IA-5", "PCI-8.6.2"],
    partly=["CIS-GCP-1.4"],
    link=f"{_IAM}/best-practices-for-managing-service-account-keys",
    fix="use workload identity federation or impersonation, or upload only a public key in `publicKeyData`",
)
def service_account_has_no_key(key: Resource, _context: Context) -> Iterator[str]:
    """Service account keys are not created by the program.

    The private key would be kept in Pulumi's state, and nothing rotates it.
    """
    if not key.properties.given("publicKeyData"):
        yield "`publicKeyData` is not set, so the private key is kept in Pulumi's state"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.5", "NIST-800-53-AC-6", "PCI-7.2.2"],
    partly=["CIS-GCP-1.5"],
    link=f"{_IAM}/roles-overview",
    fix="grant a predefined role for the task",
)
def project_has_no_basic_roles(grant: Resource, _context: Context) -> Iterator[str]:
    """IAM basic roles are not granted on projects.

    The roles viewer, admin and writer are findings only where they are granted to service accounts.
    """
    for role, held in by_role(grant).items():
        if role in _BASIC[:2] or (role in _BASIC and any(name.startswith("serviceAccount:") for name in held)):
            yield f"`{place(grant)}` {role} is granted to {', '.join(map(subject, held))}"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.5", "NIST-800-53-AC-6", "PCI-7.2.2"],
    partly=["CIS-GCP-1.5"],
    link=f"{_IAM}/best-practices-service-accounts",
    fix="grant a predefined role for the task, or grant the role to people",
)
def service_account_does_not_administer_iam(grant: Resource, _context: Context) -> Iterator[str]:
    """IAM administration roles are not granted to service accounts on projects."""
    for role, held in by_role(grant).items():
        accounts = [subject(name) for name in held if name.startswith("serviceAccount:")]
        if role in _ADMINISTRATION and accounts:
            yield f"`{place(grant)}` {role} is granted to {', '.join(accounts)}"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.6", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/service-account-permissions",
    fix="grant the role on the service account that is needed",
)
def acting_as_is_for_one_account(grant: Resource, _context: Context) -> Iterator[str]:
    """IAM roles for acting as service accounts are not granted on projects."""
    for role, held in by_role(grant).items():
        if role in _ACTING:
            holders = ", ".join(map(subject, held))
            yield f"`{place(grant)}` {role} lets {holders} act as any service account of the project"


@rule(
    *_PROJECT,
    *_RINGS,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5", "OWASP-SM-2.3"],
    link="https://cloud.google.com/secret-manager/docs/access-control",
    fix="grant the role on the secret or key, or add a condition",
)
def values_are_opened_one_by_one(grant: Resource, _context: Context) -> Iterator[str]:
    """IAM roles for reading secrets or decrypting are not granted on projects or key rings."""
    where = "key ring" if grant.type in _RINGS else "project"
    for role, held in by_role(grant).items():
        if role in _VALUES and not grant.properties.given("condition"):
            yield f"`{place(grant)}` {role} is granted on the whole {where} to {', '.join(map(subject, held))}"


@rule(
    *_PROJECT,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_IAM}/principals-overview",
    fix="remove the member, and grant the role to the accounts that need it",
)
def project_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """IAM roles on projects are not granted to the public."""
    yield from granted_to_the_public(grant)


@rule(
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    severity=Severity.CRITICAL,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/workload-identity-federation-with-deployment-pipelines",
    fix="set `attributeCondition` to the claims of the organization and repository",
)
def federation_is_narrow(provider: Resource, _context: Context) -> Iterator[str]:
    """Workload identity federation accepts only tokens of known repositories.

    Without a condition every token of the issuer is accepted, also from repositories of other organizations.
    """
    limits = _COMPARISON.search(provider.properties.get("attributeCondition", ""))
    if provider.properties.given("aws") and not limits:
        account = provider.properties.table("aws").get("accountId")
        yield f"`attributeCondition` accepts any role of AWS account {account}"
    if provider.properties.given("oidc") and not limits:
        issuer = provider.properties.table("oidc").get("issuerUri")
        yield f"`attributeCondition` accepts any token of {issuer}"


@rule(
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:serviceaccount/iAMBinding:IAMBinding",
    "gcp:serviceaccount/iAMPolicy:IAMPolicy",
    severity=Severity.HIGH,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/workload-identity-federation",
    fix="specify the attribute, as in principalSet://.../attribute.repository/<owner>/<name>",
)
def account_is_for_one_workload(grant: Resource, _context: Context) -> Iterator[str]:
    """Service accounts can be impersonated by one workload only."""
    for role, member in grants(grant):
        if member in PUBLIC or (member.startswith("principalSet:") and member.endswith("/*")):
            yield f"`{place(grant)}` {role} lets {member} impersonate the service account"


@rule(
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-6", "CIS-GCP-1.11", "PCI-7.2.2"],
    link=f"{_IAM}/creating-custom-roles",
    fix="split the role into one for administration and one for access",
)
def custom_role_separates_duties(role: Resource, _context: Context) -> Iterator[str]:
    """IAM custom roles separate administration from access to secret values."""
    permissions = [str(permission) for permission in role.properties.items_of("permissions")]
    opens = [permission for permission in permissions if permission in _VALUE_PERMISSIONS]
    manages = [permission for permission in permissions if permission.endswith(".setIamPolicy")]
    if opens and manages:
        yield f"`permissions` includes both {opens[0]} and {manages[0]}"
