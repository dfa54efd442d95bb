"""Separation of environments: projects, names, labels and grants."""

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
    "gcp:kms/keyRingIAMMember:KeyRingIAMMember",
    "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:projects/iAMBinding:IAMBinding",
    "gcp:serviceaccount/iAMMember:IAMMember",
)
_PROJECTS = "https://cloud.google.com/architecture/landing-zones/decide-resource-hierarchy"
_ACCOUNT = re.compile(r"^serviceAccount:[^@]+@([a-z][a-z0-9-]+)\.iam\.gserviceaccount\.com$")
_DEFAULT = re.compile(r"^serviceAccount:(\d+)-compute@developer\.gserviceaccount\.com$")
"""Default account of Compute Engine, which names its project by number only."""
_GOOGLE = re.compile(r"^gcp-sa-|^cloudservices$|^gs-project-accounts$|^serverless-robot-prod$")
"""Projects of Google's own service agents."""


@rule(
    *_LABELLED,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link="https://cloud.google.com/resource-manager/docs/best-practices-labels",
    fix="add the label, for example in `defaultLabels` of the provider",
    options={"label": "keystead-environment"},
    repair=lambda _resource, context: {"labels": {context.options["label"]: context.environment}},
    convention=True,
)
def resource_is_labelled(resource: Resource, context: Context) -> Iterator[str]:
    """Google Cloud keys, secrets and their consumers are labelled with their environment.

    The option `label` names the label (default {label}).
    """
    if not tags_of(resource).given(context.options["label"]):
        yield f"`labels` does not include {context.options['label']}"


@rule(
    *_LABELLED,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link="https://cloud.google.com/resource-manager/docs/best-practices-labels",
    fix="add the label with the name of the responsible team",
    options={"label": "keystead-owner"},
    convention=True,
)
def resource_has_an_owner(resource: Resource, context: Context) -> Iterator[str]:
    """Google Cloud keys, secrets and their consumers are labelled with their owner.

    The option `label` names the label (default {label}).
    """
    if not tags_of(resource).given(context.options["label"]):
        yield f"`labels` does not include {context.options['label']}"


@rule(
    *_LABELLED,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="set the label to the environment of the stack, or deploy the resource from the stack of its environment",
    options={"label": "keystead-environment"},
)
def label_matches_the_stack(resource: Resource, context: Context) -> Iterator[str]:
    """Google Cloud resources are labelled with the environment of their stack.

    The option `label` names the label (default {label}).
    """
    label, wanted = context.options["label"], context.environment
    found = tags_of(resource).get(label)
    if found is not None and found != wanted:
        yield f"`labels`: {label} is {found!r}, and the environment of the stack is {wanted!r}"


@rule(
    _SECRET,
    _REGIONAL,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="rename it so that `secretId` starts with <environment>-",
    convention=True,
)
def name_carries_the_environment(resource: Resource, context: Context) -> Iterator[str]:
    """Secret Manager secrets have the environment in their name.

    IAM conditions can then distinguish them by name.
    """
    name = resource.properties.get("secretId", "")
    if name and not says(name, context.environment):
        yield f"`secretId` is {name!r}, which does not contain {context.environment!r}"


@rule(
    *_LABELLED,
    "gcp:kms/keyRing:KeyRing",
    "gcp:projects/iAMMember:IAMMember",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="set `project` to the project of the environment, or correct the project in the setting `projects`",
)
def project_is_the_environments(resource: Resource, context: Context) -> Iterator[str]:
    """Google Cloud resources are created in the project of their environment."""
    wanted = context.projects.get(context.environment)
    found = resource.properties.get("project") or resource.provider.get("project")
    if wanted and found and found != wanted:
        yield f"`project` is {found}, and the project of {context.environment} is {wanted}"


@rule(
    "pulumi:providers:gcp",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link="https://www.pulumi.com/registry/packages/gcp/api-docs/provider/",
    fix="set `project` to the project of the environment",
    options={"spared": ()},
)
def provider_is_bound_to_its_project(provider: Resource, context: Context) -> Iterator[str]:
    """Google Cloud providers specify the project of their environment.

    Providers whose name matches a pattern in `spared` are exempt, for providers that only read.
    """
    if any(fnmatch.fnmatchcase(provider.name, pattern) for pattern in context.options["spared"]):
        return
    wanted = context.projects.get(context.environment)
    if not provider.properties.given("project"):
        yield "`project` is not set, so the project depends on the credentials"
    elif wanted and provider.properties.get("project") != wanted:
        found = provider.properties.get("project")
        yield f"`project` is {found}, and the project of {context.environment} is {wanted}"


@rule(
    *_GRANTS,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3", "PCI-7.2.1"],
    link=_PROJECTS,
    fix="use a service account of this environment, or list its project in the option `trusted`",
    options={"trusted": ()},
)
def grant_trusts_no_other_environment(grant: Resource, context: Context) -> Iterator[str]:
    """IAM grants do not include service accounts of other environments.

    Projects that are listed in `trusted` are exempt.
    """
    own = context.projects.get(context.environment) or grant.properties.get("project") or grant.provider.get("project")
    names = {project: name for name, project in context.projects.items()}
    for member in members(grant):
        if (default := _DEFAULT.match(member)) and default[1] not in context.options["trusted"]:
            yield f"`role` {grant.properties.get('role')} is granted to the default account of project {default[1]}"
        found = _ACCOUNT.match(member)
        stranger = (
            found and found[1] != own and not _GOOGLE.match(found[1]) and found[1] not in context.options["trusted"]
        )
        if own and found and stranger:
            told = f"{names[found[1]]} ({found[1]})" if found[1] in names else f"project {found[1]}"
            yield f"`role` {grant.properties.get('role')} is granted to a service account of {told}"


@rule(
    *_GRANTS[:2],
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_PROJECTS,
    fix="use separate service accounts and secrets for each environment",
)
def grant_reaches_one_environment(grant: Resource, context: Context) -> Iterator[str]:
    """Secret Manager grants do not include secrets of other environments."""
    name = str(grant.properties.get("secretId", "")).rsplit("/", 1)[-1]
    found = environment_of(name, context.environments)
    if found and found != context.environment:
        yield f"`secretId` {name} of {found} is readable by {', '.join(map(subject, members(grant)))}"
