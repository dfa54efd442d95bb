"""No value of a secret passes through a program: the state would keep it, and plans and logs would show it."""

from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]
_STORE = "pass the secret's name, or use secret_environment_variables"


@rule(
    "gcp:secretmanager/secretVersion:SecretVersion",
    "gcp:secretmanager/regionalSecretVersion:RegionalSecretVersion",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="remove the SecretVersion; let the rotator make the first value, or put it with the store's own command",
)
def secret_version_has_no_value(version: Resource, _context: Context) -> Iterator[str]:
    """No program gives a secret its value; write-only arguments are kept in Pulumi's state as well."""
    for name in ("secretData", "secretDataWo"):
        if version.properties.given(name):
            yield f"its value ({name}) is in the program and in the state"


@rule(
    "gcp:cloudfunctionsv2/function:Function",
    "gcp:cloudfunctions/function:Function",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.17", *_CONTROLS],
    link="https://cloud.google.com/functions/docs/configuring/secrets",
    fix=_STORE,
)
def function_environment_has_no_credentials(function: Resource, _context: Context) -> Iterator[str]:
    """No environment variable of a function, or of its build, holds a credential."""
    for holder in (
        function.properties,
        function.properties.table("serviceConfig"),
        function.properties.table("buildConfig"),
    ):
        for name in ("environmentVariables", "buildEnvironmentVariables"):
            yield from _variables(holder.table(name))


@rule(
    "gcp:cloudrunv2/service:Service",
    "gcp:cloudrunv2/job:Job",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://cloud.google.com/run/docs/configuring/services/secrets",
    fix="use value_source.secret_key_ref",
)
def container_environment_has_no_credentials(service: Resource, _context: Context) -> Iterator[str]:
    """No environment variable of a Cloud Run container holds a credential."""
    template = service.properties.table("template")
    for container in (template.table("template") or template).items_of("containers"):
        for entry in container.items_of("envs"):
            if entry.known("value"):
                yield from _variables(Values({str(entry.get("name")): entry.get("value")}))


@rule(
    "pulumi:providers:gcp",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.4", "PCI-8.6.2", "OWASP-SM-3.3"],
    link="https://www.pulumi.com/registry/packages/gcp/installation-configuration/",
    fix="remove it; use workload identity federation, or impersonate a service account",
)
def provider_has_no_static_keys(provider: Resource, _context: Context) -> Iterator[str]:
    """No provider is given credentials: they would be in the state of every stack that uses it."""
    for name in ("credentials", "accessToken"):
        if provider.properties.given(name):
            yield f"{name} is in the program and in the state"


def _variables(variables: Values) -> Iterator[str]:
    for name in variables:
        if variables.known(name) and (found := describe(name, variables.get(name))):
            yield f"the variable {name} holds {found}"
