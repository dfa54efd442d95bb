"""Lambda functions: access, encryption, runtimes, failed events."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Severity, rule, stack_rule

_FUNCTION = "aws:lambda/function:Function"
_INVOKE = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
_MACHINE = "aws:sfn/stateMachine:StateMachine"
_PERMISSION = "aws:lambda/permission:Permission"
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html"
_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg"

DEPRECATED = (
    *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x"),
    *("nodejs16.x", "nodejs18.x", "nodejs20.x", "python2.7", "python3.6", "python3.7", "python3.8", "python3.9"),
    *("python3.10", "java8", "go1.x", "provided", "provided.al2", "ruby2.5", "ruby2.7", "ruby3.2"),
    *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "dotnet7", "dotnet8"),
)
"""Runtimes past their deprecation date on 2026-11-22: Lambda's table of runtimes, from endoflife.date of 2026-08."""


@rule(
    _FUNCTION,
    severity=Severity.HIGH,
    controls=["FSBP-Lambda.2", "NIST-800-53-SI-2", "PCI-6.3.3"],
    link=f"{_HUB}#lambda-2",
    fix="set `runtime` to a supported version",
    options={"deprecated": DEPRECATED},
)
def function_runtime_is_supported(function: Resource, context: Context) -> Iterator[str]:
    """Lambda functions use supported runtimes."""
    runtime = function.properties.get("runtime", "")
    if runtime in context.options["deprecated"]:
        yield f"`runtime` is {runtime}, which no longer receives security updates"


@rule(
    _FUNCTION,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-SC-28(1)", "PCI-3.5.1"],
    link=f"{_GUIDE}/configuration-envvars-encryption.html",
    fix="set `kmsKeyArn` to a customer managed key",
)
def function_environment_is_encrypted(function: Resource, _context: Context) -> Iterator[str]:
    """Lambda environment variables are encrypted with a customer managed KMS key."""
    if function.properties.table("environment").given("variables") and not function.properties.given("kmsKeyArn"):
        yield "`kmsKeyArn` is not set, so the environment variables are encrypted with aws/lambda"


@stack_rule(
    _FUNCTION,
    severity=Severity.MEDIUM,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4"],
    link=f"{_GUIDE}/invocation-async-retain-records.html",
    fix="set `deadLetterConfig`, or add a FunctionEventInvokeConfig with `onFailure`",
    reads=(_INVOKE, _PERMISSION, _MACHINE),
    options={
        "waiting": ("apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com", "cognito-idp.amazonaws.com")
    },
)
def function_keeps_dead_letters(function: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """Lambda functions keep failed asynchronous events in a dead-letter queue or failure destination.

    Functions that only state machines or services listed in `waiting` invoke are exempt: these receive the error.
    """
    callers = {each.properties.get("principal") for each in stack.named_by(function, "function", _PERMISSION)}
    letters = function.properties.table("deadLetterConfig").given("targetArn")
    if letters or (callers and callers <= set(context.options["waiting"])):
        return
    if not callers and _run_by_a_state_machine(function, stack):
        return
    configured = stack.named_by(function, "functionName", _INVOKE)
    if not any(each.properties.table("destinationConfig").given("onFailure") for each in configured):
        yield "neither `deadLetterConfig` nor `onFailure` is set, so failed asynchronous events are lost"


def _run_by_a_state_machine(function: Resource, stack: Stack) -> bool:
    """Whether a state machine of the stack invokes a function, by dependency or by its ARN or name."""
    definitions, sources = stack.derived(_definitions)
    names = (function.identities, "arn"), (function.properties, "name")
    texts = [str(values.get(key)) for values, key in names if values.known(key) and values.given(key)]
    return function.urn in sources or any(text in definitions for text in texts)


def _definitions(stack: Stack) -> tuple[str, frozenset[str]]:
    """Return the definitions of all state machines as one text, and the URNs of resources they come from."""
    machines = list(stack.of(_MACHINE))
    texts = [str(each.properties.get("definition")) for each in machines if each.properties.known("definition")]
    sources = [each.references.get("definition", frozenset()) for each in machines]
    return "\n".join(texts), frozenset().union(*sources)


@rule(
    _PERMISSION,
    severity=Severity.CRITICAL,
    controls=["FSBP-Lambda.1", "NIST-800-53-AC-3", "PCI-7.2.1"],
    partly=["FSBP-Lambda.1"],
    link=f"{_HUB}#lambda-1",
    fix="set `principal` to one principal, or set `sourceAccount` or `principalOrgId`",
)
def function_is_not_public(permission: Resource, _context: Context) -> Iterator[str]:
    """Lambda function policies prohibit public access."""
    if permission.properties.get("principal") == "*" and not _narrow(permission):
        yield "`principal` is '*' without `sourceAccount`, `sourceArn` or `principalOrgId`"


@rule(
    _PERMISSION,
    severity=Severity.HIGH,
    controls=["FSBP-Lambda.1", "NIST-800-53-AC-3", "PCI-7.2.5"],
    partly=["FSBP-Lambda.1"],
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    fix="set `sourceAccount` or `sourceArn`",
)
def function_names_its_source(permission: Resource, _context: Context) -> Iterator[str]:
    """Lambda permissions for AWS services specify the source account or ARN.

    Otherwise resources of another account can invoke the function through the service (confused deputy).
    """
    principal = permission.properties.get("principal", "")
    if ".amazonaws.com" in principal and not _narrow(permission):
        yield f"`principal` is {principal} without `sourceAccount` or `sourceArn`"
    elif principal == "s3.amazonaws.com" and not permission.properties.given("sourceAccount"):
        yield "`sourceArn` is a bucket, which may pass to another account, and `sourceAccount` is not set"


def _narrow(permission: Resource) -> bool:
    """Whether a permission is limited to some source; a value that is not known yet counts as one."""
    properties = permission.properties
    given = [name for name in ("sourceAccount", "sourceArn", "principalOrgId") if properties.given(name)]
    return any(not properties.known(name) or properties.get(name) != "*" for name in given)


@rule(
    "aws:lambda/functionUrl:FunctionUrl",
    _PERMISSION,
    severity=Severity.CRITICAL,
    controls=["FSBP-Lambda.1", "OWASP-API-API2"],
    partly=["FSBP-Lambda.1"],
    link=f"{_GUIDE}/urls-auth.html",
    fix="set `authorizationType` (FunctionUrl) or `functionUrlAuthType` (Permission) to `AWS_IAM`",
)
def function_url_is_authorized(url: Resource, _context: Context) -> Iterator[str]:
    """Lambda function URLs require IAM authentication."""
    name = "functionUrlAuthType" if url.type == _PERMISSION else "authorizationType"
    if url.properties.get(name) == "NONE":
        yield f"`{name}` is NONE, so anyone on the internet can invoke the function"
