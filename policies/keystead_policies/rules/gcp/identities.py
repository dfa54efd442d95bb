"""Identities: no basic roles, no keys of service accounts, no rights on the whole project that belong to one secret."""

from collections.abc import Iterator

from keystead_policies.engine.resources.grants import PUBLIC, members, subject
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_PROJECT = ("gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding")
_IAM = "https://cloud.google.com/iam/docs"
_BASIC = ("roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer")
_ACTING = ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser")
_VALUES = (
    "roles/secretmanager.secretAccessor",
    "roles/secretmanager.admin",
    "roles/cloudkms.cryptoKeyDecrypter",
    "roles/cloudkms.cryptoKeyEncrypterDecrypter",
)
_VALUE_PERMISSIONS = ("secretmanager.versions.access", "cloudkms.cryptoKeyVersions.useToDecrypt")


@rule(
    "gcp:serviceaccount/key:Key",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.4", "NIST-800-53-IA-5", "PCI-8.6.2"],
    link=f"{_IAM}/best-practices-for-managing-service-account-keys",
    fix="use workload identity federation, or impersonation; where only a key will do, upload its public half",
)
def service_account_has_no_key(key: Resource, _context: Context) -> Iterator[str]:
    """No program makes a key of a service account: the state keeps its private half, and nothing rotates it."""
    if not key.properties.given("publicKeyData"):
        yield "its private half is in the state"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.5", "NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_IAM}/roles-overview",
    fix="give the predefined role for the task",
)
def project_has_no_basic_roles(grant: Resource, _context: Context) -> Iterator[str]:
    """Nobody is owner or editor of a project through a program; both read every secret's settings or values."""
    role = grant.properties.get("role", "")
    if role in _BASIC[:2] or (role in _BASIC and any(name.startswith("serviceAccount:") for name in members(grant))):
        yield f"{role} is given to {', '.join(map(subject, members(grant)))}"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-1.6", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/service-account-permissions",
    fix="give it on the one service account that is meant",
)
def acting_as_is_for_one_account(grant: Resource, _context: Context) -> Iterator[str]:
    """Nobody may act as every service account of a project."""
    role = grant.properties.get("role", "")
    if role in _ACTING:
        yield f"{', '.join(map(subject, members(grant)))} may act as any service account ({role})"


@rule(
    *_PROJECT,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.5", "OWASP-SM-2.3"],
    link="https://cloud.google.com/secret-manager/docs/access-control",
    fix="give it on the secret or key that is meant, or with a condition",
)
def values_are_opened_one_by_one(grant: Resource, _context: Context) -> Iterator[str]:
    """Nobody reads all secrets or decrypts with all keys of a project."""
    role = grant.properties.get("role", "")
    if role in _VALUES and not grant.properties.given("condition"):
        yield f"{role} is given on the whole project to {', '.join(map(subject, members(grant)))}"


@rule(
    *_PROJECT,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_IAM}/principals-overview",
    fix="name the members",
)
def project_is_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """No role on a project is given to everybody."""
    for member in members(grant):
        if member in PUBLIC:
            yield f"{grant.properties.get('role')} is given to {member}"


@rule(
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    severity=Severity.CRITICAL,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/workload-identity-federation-with-deployment-pipelines",
    fix="set attribute_condition to the organisation's and repository's claims",
)
def federation_is_narrow(provider: Resource, _context: Context) -> Iterator[str]:
    """Federation with a pipeline accepts the tokens of known repositories, not everybody's at the same issuer."""
    condition = provider.properties.get("attributeCondition", "").strip()
    if provider.properties.given("oidc") and condition in {"", "true"}:
        yield f"any token of {provider.properties.table('oidc').get('issuerUri')} is accepted"


@rule(
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:serviceaccount/iAMBinding:IAMBinding",
    severity=Severity.HIGH,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/workload-identity-federation",
    fix="name the attribute: principalSet://.../attribute.repository/<owner>/<name>",
)
def account_is_for_one_workload(grant: Resource, _context: Context) -> Iterator[str]:
    """A service account is taken by one workload, not by a whole pool or by everybody."""
    for member in members(grant):
        if member in PUBLIC or (member.startswith("principalSet:") and member.endswith("/*")):
            yield f"{member} may take it"


@rule(
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-6", "CIS-GCP-1.11", "PCI-7.2.2"],
    link=f"{_IAM}/creating-custom-roles",
    fix="make one role that manages and one that reads",
)
def custom_role_separates_duties(role: Resource, _context: Context) -> Iterator[str]:
    """A custom role either manages secrets and keys or opens them."""
    permissions = [str(permission) for permission in role.properties.items_of("permissions")]
    opens = [permission for permission in permissions if permission in _VALUE_PERMISSIONS]
    manages = [permission for permission in permissions if permission.endswith(".setIamPolicy")]
    if opens and manages:
        yield f"it has both {opens[0]} and {manages[0]}"
