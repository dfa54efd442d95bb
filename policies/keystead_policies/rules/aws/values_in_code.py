"""Secret values stay out of programs, since state, plans and logs would contain them."""

import base64
import binascii
import json
from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe, in_arguments, in_script
from keystead_policies.engine.resources.encoding import read
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Items, Values
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]


def _given(resource: Resource, *names: str) -> Iterator[str]:
    return (name for name in names if resource.properties.given(name))


@rule(
    "aws:secretsmanager/secretVersion:SecretVersion",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="remove the value from the program, and let rotation create it or write it to the secret store directly",
)
def secret_version_has_no_value(version: Resource, _context: Context) -> Iterator[str]:
    """Secrets Manager secret values are not set in the program.

    A value set in the program is kept in Pulumi's state; so are write-only arguments.
    """
    for name in _given(version, "secretString", "secretBinary", "secretStringWo"):
        yield f"`{name}` holds the value of the secret, which is kept in Pulumi's state"


@rule(
    "aws:ssm/parameter:Parameter",
    severity=Severity.HIGH,
    controls=_CONTROLS,
    link=_LINK,
    fix="store the value in Secrets Manager and read it there at run time",
)
def parameter_has_no_value(parameter: Resource, _context: Context) -> Iterator[str]:
    """SSM parameter values that are set in the program contain no secrets.

    A SecureString has its value set outside the program, and a plain parameter holds no credential.
    """
    secure = parameter.properties.get("type") == "SecureString"
    for name in _given(parameter, "value", "valueWo", "insecureValue"):
        if secure:
            yield f"`{name}` holds the value of a SecureString, which is kept in Pulumi's state"
        elif found := describe(parameter.properties.get("name", parameter.name), parameter.properties.get(name)):
            yield f"`{name}` contains {found}"


@rule(
    "aws:lambda/function:Function",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="store the value in Secrets Manager, and pass only the name of the secret to the function",
)
def function_environment_has_no_credentials(function: Resource, _context: Context) -> Iterator[str]:
    """Lambda environment variables contain no credentials."""
    yield from _variables("environment", function.properties.table("environment").table("variables"))


@rule(
    "aws:ecs/taskDefinition:TaskDefinition",
    severity=Severity.CRITICAL,
    controls=["FSBP-ECS.8", *_CONTROLS],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8",
    fix="reference the secret in `secrets` with `valueFrom`",
)
def container_environment_has_no_credentials(task: Resource, _context: Context) -> Iterator[str]:
    """ECS container definitions contain no credentials in environment variables or commands."""
    for container in _containers(task.properties.get("containerDefinitions", "[]")):
        if isinstance(container, Values):
            pairs = (entry for entry in container.items_of("environment") if isinstance(entry, Values))
            variables = Values({str(entry.get("name")): entry.get("value") for entry in pairs})
            yield from _variables("containerDefinitions", variables)
            for name in ("command", "entryPoint"):
                if found := in_arguments([str(argument) for argument in container.items_of(name)]):
                    yield f"`{name}` of `containerDefinitions` contains {found}"


def _containers(text: object) -> Items:
    try:
        found = read(json.loads(text)) if isinstance(text, str) else Items([])
    except ValueError:
        return Items([])
    return found if isinstance(found, Items) else Items([])


@rule(
    "aws:codebuild/project:Project",
    severity=Severity.CRITICAL,
    controls=["FSBP-CodeBuild.2", *_CONTROLS],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/codebuild-controls.html#codebuild-2",
    fix="set `type` to `SECRETS_MANAGER`, or use a role instead of access keys",
)
def build_environment_has_no_credentials(project: Resource, _context: Context) -> Iterator[str]:
    """CodeBuild environment variables contain no plaintext credentials."""
    for entry in project.properties.table("environment").items_of("environmentVariables"):
        if entry.get("type", "PLAINTEXT") == "PLAINTEXT":
            yield from _variables("environmentVariables", Values({str(entry.get("name")): entry.get("value")}))


@rule(
    "aws:ec2/instance:Instance",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    fix="use an instance profile, and read the secret from Secrets Manager at run time",
)
def user_data_has_no_credentials(instance: Resource, _context: Context) -> Iterator[str]:
    """EC2 user data contains no credentials.

    Every process on the instance can read user data, and so can every principal that may describe the instance.
    """
    for name in ("userData", "userDataBase64"):
        text = instance.properties.get(name, "")
        if found := in_script(text) or in_script(_decoded(text)):
            yield f"`{name}` contains {found}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""


@rule(
    "pulumi:providers:aws",
    "pulumi:providers:aws-native",
    severity=Severity.CRITICAL,
    controls=["PCI-8.6.2", "OWASP-SM-3.3"],
    link="https://www.pulumi.com/registry/packages/aws/installation-configuration/",
    fix="remove the keys, and use a profile or a role assumed through OIDC",
)
def provider_has_no_static_keys(provider: Resource, _context: Context) -> Iterator[str]:
    """AWS providers are not configured with static access keys.

    The keys would be in the state of every stack that uses the provider.
    """
    for name in _given(provider, "accessKey", "secretKey", "token"):
        yield f"`{name}` is set, so it is kept in Pulumi's state"


@rule(
    "aws:apigateway/apiKey:ApiKey",
    severity=Severity.HIGH,
    controls=["OWASP-API-API2", "PCI-8.6.2"],
    link="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html",
    fix="remove `value`, and use an authorizer to authenticate callers",
)
def api_key_has_no_value(key: Resource, _context: Context) -> Iterator[str]:
    """API Gateway API keys do not have their value set in the program."""
    for name in _given(key, "value"):
        yield f"`{name}` is set, so the API key is kept in Pulumi's state"


def _variables(where: str, variables: Values) -> Iterator[str]:
    for name in variables:
        if variables.known(name) and (found := describe(name, variables.get(name))):
            yield f"`{where}`: variable {name} contains {found}"
