"""No value of a secret passes through a program: the state would keep it, and plans and logs would show it."""

import base64
import binascii
import json
from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe, shape
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Items, Values, read
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]
_STORE = "keep it in Secrets Manager and read it there at run time"


def _given(resource: Resource, *names: str) -> Iterator[str]:
    return (name for name in names if resource.properties.given(name))


@rule(
    "aws:secretsmanager/secretVersion:SecretVersion",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="remove it; let the secret's rotation make the first value, or put it with the store's own command",
)
def secret_version_has_no_value(version: Resource, _context: Context) -> Iterator[str]:
    """No program gives a secret its value; write-only arguments are kept in Pulumi's state as well."""
    for name in _given(version, "secretString", "secretBinary", "secretStringWo"):
        yield f"its value ({name}) is in the program and in the state"


@rule(
    "aws:ssm/parameter:Parameter",
    severity=Severity.HIGH,
    controls=_CONTROLS,
    link=_LINK,
    fix=_STORE,
)
def parameter_has_no_value(parameter: Resource, _context: Context) -> Iterator[str]:
    """No SecureString gets its value from a program, and no plain parameter holds a credential."""
    secure = parameter.properties.get("type") == "SecureString"
    for name in _given(parameter, "value", "valueWo", "insecureValue"):
        if secure:
            yield f"the value of a SecureString ({name}) is in the program and in the state"
        elif found := describe(parameter.properties.get("name", parameter.name), parameter.properties.get(name)):
            yield f"{name} holds {found}"


@rule(
    "aws:lambda/function:Function",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix=f"pass the secret's name; {_STORE}",
)
def function_environment_has_no_credentials(function: Resource, _context: Context) -> Iterator[str]:
    """No environment variable of a function holds a credential."""
    yield from _variables(function.properties.table("environment").table("variables"))


@rule(
    "aws:ecs/taskDefinition:TaskDefinition",
    severity=Severity.CRITICAL,
    controls=["FSBP-ECS.8", *_CONTROLS],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8",
    fix="name the secret in `secrets` with valueFrom",
)
def container_environment_has_no_credentials(task: Resource, _context: Context) -> Iterator[str]:
    """No environment variable of a container holds a credential."""
    for container in _containers(task.properties.get("containerDefinitions", "[]")):
        if isinstance(container, Values):
            pairs = (entry for entry in container.items_of("environment") if isinstance(entry, Values))
            yield from _variables(Values({str(entry.get("name")): entry.get("value") for entry in pairs}))


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
    fix="use type SECRETS_MANAGER, or a role instead of access keys",
)
def build_environment_has_no_credentials(project: Resource, _context: Context) -> Iterator[str]:
    """No plain environment variable of a build holds a credential."""
    for entry in project.properties.table("environment").items_of("environmentVariables"):
        if entry.get("type", "PLAINTEXT") == "PLAINTEXT":
            yield from _variables(Values({str(entry.get("name")): entry.get("value")}))


@rule(
    "aws:ec2/instance:Instance",
    "aws:ec2/launchTemplate:LaunchTemplate",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    fix=f"give the instance a profile; {_STORE}",
)
def user_data_has_no_credentials(instance: Resource, _context: Context) -> Iterator[str]:
    """No start script holds a credential: everybody on the machine, and who may describe it, reads it."""
    for name in ("userData", "userDataBase64"):
        text = instance.properties.get(name, "")
        if found := shape(text) or shape(_decoded(text)):
            yield f"{name} holds {found}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""


@rule(
    "pulumi:providers:aws",
    severity=Severity.CRITICAL,
    controls=["PCI-8.6.2", "OWASP-SM-3.3"],
    link="https://www.pulumi.com/registry/packages/aws/installation-configuration/",
    fix="remove it; use a profile, or a role assumed through OIDC",
)
def provider_has_no_static_keys(provider: Resource, _context: Context) -> Iterator[str]:
    """No provider is given access keys: they would be in the state of every stack that uses it."""
    for name in _given(provider, "accessKey", "secretKey", "token"):
        yield f"{name} is in the program and in the state"


@rule(
    "aws:apigateway/apiKey:ApiKey",
    severity=Severity.HIGH,
    controls=["OWASP-API-API2", "PCI-8.6.2"],
    link="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html",
    fix="leave value out, and use an authorizer to tell callers apart",
)
def api_key_has_no_value(key: Resource, _context: Context) -> Iterator[str]:
    """No API key gets its value from a program."""
    for name in _given(key, "value"):
        yield f"its {name} is in the program and in the state"


def _variables(variables: Values) -> Iterator[str]:
    for name in variables:
        if variables.known(name) and (found := describe(name, variables.get(name))):
            yield f"the variable {name} holds {found}"
