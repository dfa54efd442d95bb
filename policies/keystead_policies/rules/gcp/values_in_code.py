"""Secret values stay out of programs, since state, plans and logs would contain them."""

from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]


@rule(
    "gcp:secretmanager/secretVersion:SecretVersion",
    "gcp:secretmanager/regionalSecretVersion:RegionalSecretVersion",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="remove the value from the program, and let rotation create it or write it to the secret store directly",
)
def secret_version_has_no_value(version: Resource, _context: Context) -> Iterator[str]:
    """Secret Manager secret values are not set in the program.

    A value set in the program is kept in Pulumi's state; so are write-only arguments.
    """
    for name in ("secretData", "secretDataWo"):
        if version.properties.given(name):
            yield f"`{name}` holds the value of the secret, which is kept in Pulumi's state"


@rule(
    "gcp:cloudfunctionsv2/function:Function",
    "gcp:cloudfunctions/function:Function",
    severity=Severity.CRITICAL,
    controls=["CIS-GCP-1.17", *_CONTROLS],
    link="https://cloud.google.com/functions/docs/configuring/secrets",
    fix="pass only the name of the secret, or use `secretEnvironmentVariables`",
)
def function_environment_has_no_credentials(function: Resource, _context: Context) -> Iterator[str]:
    """Cloud Functions environment variables contain no credentials.

    Build environment variables count as well.
    """
    for holder in (
        function.properties,
        function.properties.table("serviceConfig"),
        function.properties.table("buildConfig"),
    ):
        for name in ("environmentVariables", "buildEnvironmentVariables"):
            yield from _variables(name, holder.table(name))


@rule(
    "gcp:cloudrunv2/service:Service",
    "gcp:cloudrunv2/job:Job",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://cloud.google.com/run/docs/configuring/services/secrets",
    fix="reference the secret in `valueSource` with `secretKeyRef`",
)
def container_environment_has_no_credentials(service: Resource, _context: Context) -> Iterator[str]:
    """Cloud Run environment variables contain no credentials."""
    template = service.properties.table("template")
    for container in (template.table("template") or template).items_of("containers"):
        for entry in container.items_of("envs"):
            if entry.known("value"):
                yield from _variables("envs", Values({str(entry.get("name")): entry.get("value")}))


@rule(
    "pulumi:providers:gcp",
    "pulumi:providers:google-native",
    severity=Severity.CRITICAL,
    controls=["PCI-8.6.2", "OWASP-SM-3.3"],
    link="https://www.pulumi.com/registry/packages/gcp/installation-configuration/",
    fix="remove the credentials, and use workload identity federation or service account impersonation",
)
def provider_has_no_static_keys(provider: Resource, _context: Context) -> Iterator[str]:
    """Google Cloud providers are not configured with static credentials.

    The credentials would be in the state of every stack that uses the provider.
    """
    for name in ("credentials", "accessToken"):
        if provider.properties.given(name):
            yield f"`{name}` is set, so it is kept in Pulumi's state"


def _variables(where: str, variables: Values) -> Iterator[str]:
    for name in variables:
        if variables.known(name) and (found := describe(name, variables.get(name))):
            yield f"`{where}`: variable {name} contains {found}"
