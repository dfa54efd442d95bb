"""Environments are kept apart: by project, by name, by label, and by who is granted."""

import fnmatch
import re
from collections.abc import Iterator

from keystead_policies.engine.resources.grants import members, subject
from keystead_policies.engine.resources.names import environment_of, says
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.tags import tags_of
from keystead_policies.engine.rule import Context, Severity, rule

_KEY = "gcp:kms/cryptoKey:CryptoKey"
_SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type token
_REGIONAL = "gcp:secretmanager/regionalSecret:RegionalSecret"
_LABELLED = (_KEY, _SECRET, _REGIONAL, "gcp:cloudfunctionsv2/function:Function", "gcp:cloudrunv2/service:Service")
_GRANTS = (
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:projects/iAMBinding:IAMBinding",
    "gcp:serviceaccount/iAMMember:IAMMember",
)
_PROJECTS = "https://cloud.google.com/architecture/landing-zones/decide-resource-hierarchy"
_ACCOUNT = re.compile(r"^serviceAccount:[^@]+@([a-z][a-z0-9-]+)\.iam\.gserviceaccount\.com$")
_GOOGLE = re.compile(r"^gcp-sa-|^cloudservices$|^gs-project-accounts$|^serverless-robot-prod$")
"""Projects of Google's own service agents."""


@rule(
    *_LABELLED,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link="https://cloud.google.com/resource-manager/docs/best-practices-labels",
    fix="add the label, best in default_labels of the provider",
    options={"label": "keystead-environment"},
    repair=lambda _resource, context: {"labels": {context.options["label"]: context.environment}},
)
def resource_is_labelled(resource: Resource, context: Context) -> Iterator[str]:
    """Keys, secrets and who uses them say their environment in the label `label`."""
    if not tags_of(resource).given(context.options["label"]):
        yield f"it has no label {context.options['label']}"


@rule(
    *_LABELLED,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link="https://cloud.google.com/resource-manager/docs/best-practices-labels",
    fix="add the label with the team that answers for it",
    options={"label": "keystead-owner"},
)
def resource_has_an_owner(resource: Resource, context: Context) -> Iterator[str]:
    """Keys, secrets and who uses them say who answers for them in the label `label`."""
    if not tags_of(resource).given(context.options["label"]):
        yield f"it has no label {context.options['label']}"


@rule(
    *_LABELLED,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="give it the stack's environment, or deploy it from its own stack",
    options={"label": "keystead-environment"},
)
def label_matches_the_stack(resource: Resource, context: Context) -> Iterator[str]:
    """The environment in a resource's label is the stack's."""
    found = tags_of(resource).get(context.options["label"])
    if found is not None and found != context.environment:
        yield f"its label says {found!r} in the stack of {context.environment!r}"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="begin the name with the environment: <environment>-<name>",
)
def name_carries_the_environment(resource: Resource, context: Context) -> Iterator[str]:
    """Names of secrets say their environment, so that conditions can tell them apart and people see it."""
    name = resource.properties.get("secretId", "")
    if name and not says(name, context.environment):
        yield f"its name {name!r} does not say {context.environment!r}"


@rule(
    *_LABELLED,
    "gcp:kms/keyRing:KeyRing",
    "gcp:projects/iAMMember:IAMMember",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="use the environment's project, or list it in `projects` of the settings",
)
def project_is_the_environments(resource: Resource, context: Context) -> Iterator[str]:
    """What a stack makes is in its environment's project."""
    wanted = context.projects.get(context.environment)
    found = resource.properties.get("project") or resource.provider.get("project")
    if wanted and found and found != wanted:
        yield f"it is in {found}, and the project of {context.environment} is {wanted}"


@rule(
    "pulumi:providers:gcp",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/provider/",
    fix="set project to the environment's",
    options={"spared": ()},
)
def provider_is_bound_to_its_project(provider: Resource, context: Context) -> Iterator[str]:
    """The provider names its project, and it is the environment's; names like those in `spared` only look around."""
    if any(fnmatch.fnmatchcase(provider.name, pattern) for pattern in context.options["spared"]):
        return
    wanted = context.projects.get(context.environment)
    if not provider.properties.given("project"):
        yield "it works in whatever project its credentials are for"
    elif wanted and provider.properties.get("project") != wanted:
        yield f"its project is {provider.properties.get('project')}, and {context.environment} is {wanted}"


@rule(
    *_GRANTS,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3", "PCI-7.2.1"],
    link=_PROJECTS,
    fix="use an account of this environment, or list its project in `trusted`",
    options={"trusted": ()},
)
def grant_trusts_no_other_environment(grant: Resource, context: Context) -> Iterator[str]:
    """No key, secret, account or project is granted to a service account of another environment's project."""
    own = context.projects.get(context.environment) or grant.properties.get("project") or grant.provider.get("project")
    names = {project: name for name, project in context.projects.items()}
    for member in members(grant):
        found = _ACCOUNT.match(member)
        stranger = (
            found and found[1] != own and not _GOOGLE.match(found[1]) and found[1] not in context.options["trusted"]
        )
        if own and found and stranger:
            told = f"{names[found[1]]} ({found[1]})" if found[1] in names else f"the project {found[1]}"
            yield f"{grant.properties.get('role')} is given to an account of {told}"


@rule(
    *_GRANTS[:2],
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="give each environment's reader an account and secrets of its own",
)
def grant_reaches_one_environment(grant: Resource, context: Context) -> Iterator[str]:
    """Nobody is granted a secret that is named for another environment."""
    name = str(grant.properties.get("secretId", "")).rsplit("/", 1)[-1]
    found = environment_of(name, context.environments)
    if found and found != context.environment:
        yield f"{', '.join(map(subject, members(grant)))} reaches {name} of {found}"
