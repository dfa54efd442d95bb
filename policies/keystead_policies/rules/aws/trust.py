"""Trust policies of IAM roles: who can assume a role."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, statements
from keystead_policies.engine.resources.public_access import narrowed, public_statements
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_ROLE = "aws:iam/role:Role"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_SERVICES_THAT_TELL = ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com")
"""Services that act for the same account only, or send no aws:SourceAccount; iam:PassRole protects their roles."""

_WEB = ("cognito-identity.amazonaws.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com")
"""Identity providers that IAM knows without an OIDC provider of the account."""

_CLAIMS = ("*:job_workflow_ref", "*:repository", "*:repository_id", "*:oid", "*:amr")
"""Claims that limit a federated trust as a subject does."""


def _trusting(role: Resource) -> Iterator[Statement]:
    return (statement for statement in statements(role.properties, "assumeRolePolicy") if statement.allows)


@rule(
    _ROLE,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_IAM}/reference_policies_elements_principal.html",
    fix="list the principals, or add a condition on aws:PrincipalArn or aws:PrincipalOrgID",
)
def role_is_not_for_everybody(role: Resource, _context: Context) -> Iterator[str]:
    """IAM role trust policies do not allow all principals.

    An external ID does not limit the callers, since AWS does not treat it as a secret.
    """
    for statement in public_statements(role, "assumeRolePolicy"):
        yield f"`assumeRolePolicy`: {statement.label} allows Principal '*' to assume the role"


@rule(
    _ROLE,
    severity=Severity.CRITICAL,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/id_roles_create_for-idp_oidc.html",
    fix=(
        "add a StringEquals condition on the sub and aud claims that names the repository and the branch or environment"
    ),
)
def oidc_trust_is_narrow(role: Resource, _context: Context) -> Iterator[str]:
    """IAM roles for OIDC providers trust only one repository branch or environment."""
    for statement in _trusting(role):
        federated = [name for kind, name in statement.principals if kind == "Federated"]
        for name in federated:
            if name in _WEB and not statement.limited(f"{name}:aud", f"{name}:app_id"):
                yield f"`assumeRolePolicy`: any identity of {name} is accepted"
        providers = [name for name in federated if "oidc-provider" in name]
        if not providers:
            continue
        subjects = [value for _, values in statement.condition("*:sub") for value in values]
        if not statement.limited("*:sub", *_CLAIMS):
            yield f"`assumeRolePolicy`: any token of {_host(providers[0])} is accepted"
        for subject in filter(_wide, subjects):
            yield f"`assumeRolePolicy`: the subject {subject!r} matches any branch, pull request or repository"


def _wide(subject: str) -> bool:
    """Whether a subject has a wildcard in its first four parts: `repo:acme/*`, `repo:acme/shop:*`, `org/*`."""
    return any(set(part) & set("*?") for part in re.split("[:/]", subject)[:4])


def _host(provider: str) -> str:
    return provider.split("oidc-provider/", 1)[-1]


@rule(
    _ROLE,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "PCI-7.2.5"],
    link=f"{_IAM}/confused-deputy.html",
    fix="add a condition on aws:SourceAccount or aws:SourceArn",
    options={"trusted": _SERVICES_THAT_TELL},
)
def service_trust_names_its_source(role: Resource, context: Context) -> Iterator[str]:
    """IAM role trust policies limit AWS services to a known source account.

    Otherwise resources of another account can use the role through the service (confused deputy). Services listed in
    `trusted` are exempt.
    """
    for statement in _trusting(role):
        services = [name for kind, name in statement.principals if kind == "Service"]
        named = ", ".join(name for name in services if name not in context.options["trusted"])
        if named and not narrowed(statement):
            yield f"`assumeRolePolicy`: {statement.label} lets {named} assume the role on behalf of any account"


@rule(
    _ROLE,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-7.2.2"],
    link=f"{_IAM}/id_credentials_mfa_configure-api-require.html",
    fix="add a Bool condition on aws:MultiFactorAuthPresent",
    options={"names": ("break-glass", "breakglass", "emergency")},
)
def emergency_role_asks_for_mfa(role: Resource, context: Context) -> Iterator[str]:
    """IAM break-glass roles require MFA.

    Break-glass roles are those whose name contains one of `names`.
    """
    name = str(role.properties.get("name", role.name)).lower()
    if not any(part in name for part in context.options["names"]):
        return
    for statement in _trusting(role):
        present = ("Bool", ("true",)) in statement.condition("aws:multifactorauthpresent")
        if not present and not statement.limited("aws:multifactorauthage"):
            yield f"`assumeRolePolicy`: {statement.label} does not require MFA"


@rule(
    _ROLE,
    severity=Severity.LOW,
    controls=["NIST-800-53-AC-6", "OWASP-SM-2.7.4"],
    link=f"{_IAM}/id_roles_update-role-settings.html",
    fix="lower `maxSessionDuration`",
    options={"max_seconds": 14400},
)
def role_session_is_short(role: Resource, context: Context) -> Iterator[str]:
    """IAM role sessions last at most `max_seconds` seconds (default {max_seconds})."""
    seconds = role.properties.number("maxSessionDuration", 3600)
    most = context.options["max_seconds"]
    if seconds > most:
        yield f"`maxSessionDuration` is {seconds}, at most {most} is allowed"
