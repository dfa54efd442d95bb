"""AWS Lambda: functions, who may invoke them, and what happens to their asynchronous events."""

import json
from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, Nested
from keystead_sandbox.pulumi_provider.values.archives import Archive
from keystead_sandbox.pulumi_provider.values.scalars import Number

_FUNCTION = {"FunctionName": "$id"}
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{FunctionArn}"
_CLEARED: dict[str, Any] = {
    "Description": "",
    "KMSKeyArn": "",
    "Environment": {},
    "DeadLetterConfig": {"TargetArn": ""},
    "Layers": [],
    "SnapStart": {"ApplyOn": "None"},
}
_CONFIGURED = (
    *("description", "handler", "role", "runtime", "timeout", "memorySize", "environment", "kmsKeyArn", "layers"),
    *("deadLetterConfig", "tracingConfig", "loggingConfig", "vpcConfig", "ephemeralStorage", "snapStart"),
)
_CONFIGURE = Call("UpdateFunctionConfiguration", _FUNCTION, of=_CONFIGURED, blank=_CLEARED, answer=())
_CODE = ("code", "architectures", "sourceCodeHash")


def _function(reply: Any, _: Context) -> dict[str, Any]:
    """Flatten what GetFunction says; layers come back as objects."""
    configuration = dict(reply["Configuration"])
    configuration["Layers"] = [layer["Arn"] for layer in configuration.get("Layers") or []] or None
    reserved = (reply.get("Concurrency") or {}).get("ReservedConcurrentExecutions", -1)
    version = configuration.get("Version") or "$LATEST"
    arn = str(configuration["FunctionArn"])
    return {**configuration, "Tags": reply.get("Tags"), "_reserved": reserved, "QualifiedArn": f"{arn}:{version}"}


def _newest(reply: Any, context: Context) -> dict[str, Any]:
    numbers = [entry["Version"] for entry in reply.get("Versions", []) if entry["Version"] != "$LATEST"]
    version = max(numbers, key=int, default="$LATEST")
    return {"Version": version, "QualifiedArn": f"{context.record['FunctionArn']}:{version}"}


def _same_code(context: Context) -> bool:
    """UpdateFunctionCode publishes by itself."""
    return Archive().same(context.state.get("code"), context.inputs.get("code"))


def _problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    missing = [name for name in ("handler", "runtime") if inputs.get(name) is None]
    return [(name, "is required for a function whose code is a zip") for name in missing]


FUNCTION = Resource(
    type="aws:lambda/function:Function",
    service="lambda",
    special={
        "name": Property("FunctionName", replace=True),
        "code": Property("ZipFile", required=True, carried=True),
        "sourceCodeHash": Property(computed=True, carried=True),
        "timeout": Property(default=3),
        "memorySize": Property(default=128, kind=Number(least=128, most=10240)),
        "tracingConfig": Property(computed=True),
        "loggingConfig": Property(
            computed=True, nested=dict.fromkeys(("logGroup", "applicationLogLevel", "systemLogLevel"), FILLED)
        ),
        "architectures": Property(computed=True),
        "vpcConfig": Property(nested=dict.fromkeys(("securityGroupIds", "subnetIds"), Nested(unordered=True))),
        "ephemeralStorage": Property(computed=True, nested={"size": FILLED}),
        "snapStart": Property(nested={"applyOn": Nested(default="None")}),
        "packageType": Property(default="Zip", replace=True),
        "publish": Property(default=False, carried=True),
        "skipDestroy": Property(default=False, carried=True),
        "reservedConcurrentExecutions": Property(
            operation="PutFunctionConcurrency", kind=Number(least=-1), default=-1, answer="_reserved"
        ),
    },
    create=Call("CreateFunction", {"Code": lambda context: {"ZipFile": Archive().encode(context.inputs["code"])}}),
    identity="FunctionName",
    read=(
        Call("GetFunction", _FUNCTION, reform=_function),
        Call("ListVersionsByFunction", _FUNCTION, reform=_newest, when=lambda context: bool(context.look("publish"))),
    ),
    changes=(
        _CONFIGURE,
        Call("UpdateFunctionCode", _FUNCTION, of=_CODE, answer=()),
        Call(
            "PublishVersion",
            _FUNCTION,
            of=(*_CONFIGURED, "publish"),
            when=lambda context: bool(context.inputs.get("publish")) and _same_code(context),
            answer=(),
        ),
        Call(
            "PutFunctionConcurrency",
            _FUNCTION,
            of=("reservedConcurrentExecutions",),
            when=lambda context: context.inputs.get("reservedConcurrentExecutions", -1) >= 0,
            at_create=True,
            answer=(),
        ),
        Call(
            "DeleteFunctionConcurrency",
            _FUNCTION,
            of=("reservedConcurrentExecutions",),
            when=lambda context: context.inputs.get("reservedConcurrentExecutions", -1) < 0 and bool(context.state),
            answer=(),
        ),
    ),
    delete=(Call("DeleteFunction", _FUNCTION, when=lambda context: not context.state.get("skipDestroy")),),
    outputs={
        "arn": "FunctionArn",
        "invokeArn": f"{_INVOKE}/invocations",
        "qualifiedArn": "QualifiedArn",
        "qualifiedInvokeArn": "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{QualifiedArn}/invocations",
        "version": "Version",
        "lastModified": "LastModified",
        "codeSha256": "CodeSha256",
        "sourceCodeSize": "CodeSize",
    },
    volatile=dict.fromkeys(("lastModified", "version", "qualifiedArn"), (*_CONFIGURED, *_CODE, "publish"))
    | dict.fromkeys(("codeSha256", "sourceCodeSize"), _CODE),
    lookup="{name}",
    tags=Tagging("Resource", "$arn", mapping=True),
    name=Autoname(most=64),
    verify=_problems,
    refused=frozenset(
        {"capacityProviderConfig", "codeSha256", "codeSigningConfigArn", "durableConfig", "fileSystemConfig"}
        | {"imageConfig", "imageUri", "publishTo", "replaceSecurityGroupsOnDestroy", "replacementSecurityGroupIds"}
        | {"s3Bucket", "s3Key", "s3ObjectVersion", "sourceKmsKeyArn", "tenancyConfig"}
        | {"useResourceTimeoutForPropagation"}
    ),
)


def _statement(reply: Any, context: Context) -> dict[str, Any] | None:
    """Read one statement of the function's policy back into the arguments that made it."""
    sid = context.look("statementId") or context.id.rpartition("/")[2]
    statements = json.loads(reply["Policy"]).get("Statement", [])
    found = next((entry for entry in statements if entry.get("Sid") == sid), None)
    if found is None:
        return None
    tests = {key.lower(): value for test in (found.get("Condition") or {}).values() for key, value in test.items()}
    principal = found["Principal"]
    if isinstance(principal, dict):
        principal = next(iter(principal.values()))
    declared = str(context.look("principal") or "")
    if declared.isdigit() and principal == f"arn:aws:iam::{declared}:root":
        principal = declared
    return {
        "StatementId": sid,
        "Action": found["Action"],
        "Principal": principal,
        "SourceArn": tests.get("aws:sourcearn"),
        "SourceAccount": tests.get("aws:sourceaccount"),
        "PrincipalOrgID": tests.get("aws:principalorgid"),
        "EventSourceToken": tests.get("lambda:eventsourcetoken"),
        "FunctionUrlAuthType": tests.get("lambda:functionurlauthtype"),
        "FunctionName": context.look("function") or context.id.rpartition("/")[0],
        "Qualifier": context.look("qualifier"),
    }


_HOLDER = {
    "FunctionName": lambda context: context.look("function") or context.id.rpartition("/")[0],
    "Qualifier": "$qualifier",
}
PERMISSION = Resource(
    type="aws:lambda/permission:Permission",
    service="lambda",
    special={
        "function": Property("FunctionName", replace=True),
        **dict.fromkeys(
            (
                *("statementId", "principalOrgId", "action", "principal", "sourceAccount", "sourceArn"),
                *("eventSourceToken", "functionUrlAuthType", "qualifier"),
            ),
            Property(replace=True),
        ),
    },
    create=Call("AddPermission", answer=()),
    identity=lambda context: str(context.look("statementId") or context.record["StatementId"]),
    read=(Call("GetPolicy", _HOLDER, reform=_statement),),
    delete=(Call("RemovePermission", {**_HOLDER, "StatementId": "$statementId"}),),
    lookup="{function}/{statementId}",
    name=Autoname("statementId", most=100),
    refused=frozenset({"invokedViaFunctionUrl", "statementIdPrefix"}),
)


def _holder(context: Context) -> tuple[str, str | None]:
    """Return function and qualifier: the declared ones, else those of the id."""
    declared = context.look("functionName")
    if declared:
        return str(declared), context.look("qualifier")
    pieces = context.id.split(":")
    if context.id.startswith("arn:"):
        return ":".join(pieces[:7]), pieces[7] if len(pieces) > 7 else None
    return pieces[0], pieces[1] if len(pieces) > 1 else None


def _invocation(reply: Any, context: Context) -> dict[str, Any]:
    """Show the configuration; the longest age is the same as none declared."""
    function, qualifier = _holder(context)
    shown = {**reply, "_function": function, "_qualifier": qualifier}
    if shown.get("MaximumEventAgeInSeconds") == _LONGEST and not context.look("maximumEventAgeInSeconds"):
        del shown["MaximumEventAgeInSeconds"]
    return shown


_LONGEST = 21_600  # seconds: what Lambda uses when PutFunctionEventInvokeConfig names no age
_INVOKED = {"FunctionName": lambda context: _holder(context)[0], "Qualifier": lambda context: _holder(context)[1]}
EVENT_INVOKE_CONFIG = Resource(
    type="aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    service="lambda",
    special={
        "functionName": Property(replace=True, answer="_function"),
        "qualifier": Property(replace=True, answer="_qualifier"),
        "maximumRetryAttempts": Property(default=2),
    },
    create=Call("PutFunctionEventInvokeConfig", answer=()),
    identity=lambda context: ":".join(filter(None, _holder(context))),
    read=(Call("GetFunctionEventInvokeConfig", _INVOKED, reform=_invocation),),
    changes=(Call("PutFunctionEventInvokeConfig"),),
    delete=(Call("DeleteFunctionEventInvokeConfig", _INVOKED),),
    lookup="{functionName}",
)

RESOURCES = (FUNCTION, PERMISSION, EVENT_INVOKE_CONFIG)
