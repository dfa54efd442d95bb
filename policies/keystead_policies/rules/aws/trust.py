"""Trust policies: who may become a role."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import Statement, statements
from keystead_policies.engine.resources.public_access import for_everybody, narrowed
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_ROLE = "aws:iam/role:Role"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_SERVICES_THAT_TELL = ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com")
"""Services that act for one's own resources only, or send no aws:SourceAccount: iam:PassRole keeps these roles."""

_CLAIMS = ("*:job_workflow_ref", "*:repository", "*:repository_id", "*:oid", "*:amr")
"""Claims that narrow a federated trust as a subject does."""


def _trusting(role: Resource) -> Iterator[Statement]:
    return (statement for statement in statements(role.properties, "assumeRolePolicy") if statement.allows)


@rule(
    _ROLE,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_IAM}/reference_policies_elements_principal.html",
    fix="name the principals, or add a condition on aws:PrincipalArn or aws:PrincipalOrgID",
)
def role_is_not_for_everybody(role: Resource, _context: Context) -> Iterator[str]:
    """No role may be taken by anybody in any account; an external ID does not help, AWS treats it as no secret."""
    for statement in for_everybody(role, "assumeRolePolicy"):
        yield f"{statement.label} trusts Principal '*'"


@rule(
    _ROLE,
    severity=Severity.CRITICAL,
    controls=["OWASP-SM-3.3", "NIST-800-53-AC-6", "PCI-7.2.5"],
    link=f"{_IAM}/id_roles_create_for-idp_oidc.html",
    fix="add StringEquals on the provider's :sub and :aud that names the repository and the branch or environment",
)
def oidc_trust_is_narrow(role: Resource, _context: Context) -> Iterator[str]:
    """A role for a pipeline trusts one repository's branch or environment, not whoever has the same provider."""
    for statement in _trusting(role):
        providers = [name for kind, name in statement.principals if kind == "Federated" and "oidc-provider" in name]
        if not providers:
            continue
        subjects = [value for _, values in statement.condition("*:sub") for value in values]
        if not statement.limited("*:sub", *_CLAIMS):
            yield f"whoever has a token of {_host(providers[0])} may take it"
        for subject in filter(_wide, subjects):
            yield f"the subject {subject!r} lets any branch, pull request or repository take it"


def _wide(subject: str) -> bool:
    """Whether a subject leaves open whose it is, or all that runs there: `repo:acme/*`, `repo:acme/shop:*`, `org/*`."""
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
    """A service takes a role only in the name of a known account (confused deputy)."""
    for statement in _trusting(role):
        services = [name for kind, name in statement.principals if kind == "Service"]
        asked = [name for name in services if name not in context.options["trusted"]]
        if asked and not narrowed(statement):
            yield f"{', '.join(asked)} may take it for any account"


@rule(
    _ROLE,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-7.2.2"],
    link=f"{_IAM}/id_credentials_mfa_configure-api-require.html",
    fix="add a Bool condition on aws:MultiFactorAuthPresent",
    options={"names": ("break-glass", "breakglass", "emergency")},
)
def emergency_role_asks_for_mfa(role: Resource, context: Context) -> Iterator[str]:
    """A role for emergencies is taken with a second factor."""
    name = str(role.properties.get("name", role.name)).lower()
    if not any(part in name for part in context.options["names"]):
        return
    for statement in _trusting(role):
        present = ("Bool", ("true",)) in statement.condition("aws:multifactorauthpresent")
        if not present and not statement.limited("aws:multifactorauthage"):
            yield f"{statement.label} asks for no second factor"


@rule(
    _ROLE,
    severity=Severity.LOW,
    controls=["NIST-800-53-AC-6", "OWASP-SM-2.7.4"],
    link=f"{_IAM}/id_roles_update-role-settings.html",
    fix="lower max_session_duration",
    options={"max_seconds": 14400},
)
def role_session_is_short(role: Resource, context: Context) -> Iterator[str]:
    """A session of a role ends within `max_seconds`."""
    seconds = role.properties.get("maxSessionDuration", 3600)
    if seconds > context.options["max_seconds"]:
        yield f"a session lasts up to {seconds} s"
