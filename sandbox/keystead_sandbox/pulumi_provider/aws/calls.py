"""Making one AWS call from its line in the table."""

import re
import time
from collections.abc import Collection, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Resource
from keystead_sandbox.pulumi_provider.aws.shapes import input_members
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.values.scalars import is_empty

ABSENT = frozenset(
    {"NoSuchEntity", "NoSuchEntityException", "NotFound", "NotFoundException", "ResourceNotFound"}
    | {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
)
"""What AWS answers to a reading or deleting call where there is nothing."""
NEW_ROLES = (
    "The role defined for the function cannot be assumed by Lambda",
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role",
    "Policy contains a statement with one or more invalid principals",
    "This resource policy contains an unsupported principal",
)
"""What AWS says of a role that it does not see yet, and the official provider repeats for minutes
(terraform-provider-aws, internal/service/lambda/function.go, kms/key.go, secretsmanager/secret_policy.go and more)."""
NEW_ROLE_SECONDS = 5
"""How long it is repeated here; the clock of a strict sandbox makes minutes of it."""
BUSY_SECONDS = 60
"""How long a busy AWS is asked again; the official provider waits two minutes for a rotation."""


def perform(
    call: Call,
    resource: Resource,
    context: Context,
    *,
    declared: bool = False,
    changed: Collection[str] | None = None,
    absent: frozenset[str] = frozenset(),
) -> bool:
    """Make a call and keep its answer; False when AWS says with a code of `absent` that there is nothing there.

    `declared` also sends every declared property that is a member of the operation's input. `changed` limits
    attributes to those properties.
    """
    arguments = _bound(call, context)
    if declared:
        arguments = {**_members(call, resource, context), **arguments}
    if call.attributes:
        wanted = _attributes(resource, context, changed)
        if call.each:
            for key, text in wanted.items():
                invoke(call, resource, context, {**arguments, "AttributeName": key, "AttributeValue": text})
            return True
        arguments[call.attributes] = wanted
    return _keep(call, context, invoke(call, resource, context, arguments, absent))


def invoke(
    call: Call, resource: Resource, context: Context, arguments: dict[str, Any], absent: frozenset[str] = frozenset()
) -> Any:
    """Call AWS; None when it answers with a code that means absence."""
    subject = f"{resource.service}:{call.operation}"
    client = context.session.client(resource.service, call.region(context))
    try:
        return _patiently(call, client, arguments)
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = details.get("Code", ""), details.get("Message", "")
        if code in absent | call.absent:
            return None
        advice = resource.advice(code, message, str(context.look("name") or context.id))
        raise CloudError(subject, code, message, advice) from None
    except ParamValidationError as error:
        named = ", ".join(sorted(set(re.findall(r"parameter:? \"?([\w.\[\]]+)", str(error))))) or "a parameter"
        raise CloudError(subject, "ParamValidation", f"{named} does not fit the service") from None
    except BotoCoreError as error:
        raise CloudError(subject, "", f"{type(error).__name__}: {error}") from None


def _patiently(call: Call, client: Any, arguments: dict[str, Any]) -> Any:
    """Call AWS, again while it says that it is busy."""
    method = xform_name(call.operation)
    start = time.monotonic()
    while True:
        try:
            if client.can_paginate(method):
                return client.get_paginator(method).paginate(**arguments).build_full_result()
            return getattr(client, method)(**arguments)
        except ClientError as error:
            text = error.response["Error"].get("Message", "")
            patience = BUSY_SECONDS if call.busy and call.busy in text else 0
            if any(one in text for one in NEW_ROLES):
                patience = NEW_ROLE_SECONDS
            if time.monotonic() > start + patience:
                raise
            time.sleep(0.5)


def _keep(call: Call, context: Context, reply: Any) -> bool:
    """Merge the wanted parts of a reply into the record."""
    if reply is not None and call.reform:
        reply = call.reform(reply, context)
    if reply is None:
        return False
    for path in call.answer:
        part = walk(reply, path)
        if isinstance(part, Mapping):
            context.record.update({key: item for key, item in part.items() if key != "ResponseMetadata"})
    return True


def walk(reply: Any, path: str) -> Any:
    """Follow a dotted path into a reply; an empty path is the whole reply."""
    for step in filter(None, path.split(".")):
        reply = reply.get(step) if isinstance(reply, Mapping) else None
    return reply


def _bound(call: Call, context: Context) -> dict[str, Any]:
    arguments = {}
    for member, source in call.bind.items():
        value = source
        if isinstance(source, str) and source.startswith("$"):
            value = context.look(source[1:])
        elif callable(source):
            value = source(context)
        if value is not None:
            arguments[member] = value
    return arguments


def _members(call: Call, resource: Resource, context: Context) -> dict[str, Any]:
    accepted = input_members(resource.service, call.operation)
    arguments: dict[str, Any] = {}
    for name, member in resource.members.items():
        value = context.inputs.get(name)
        if member in accepted and value is not None:
            arguments[member] = resource.kinds[name].encode(value)
        elif member in call.blank:
            arguments[member] = call.blank[member]
    tagging, tags = resource.tags, context.merged_tags()
    if tagging and tags and call is resource.create and tagging.create in accepted:
        arguments[tagging.create] = tagging.encode(tags)
    return arguments


def _attributes(resource: Resource, context: Context, changed: Collection[str] | None) -> dict[str, str]:
    wanted = {}
    for name, entry in resource.properties.items():
        if not entry.attribute or (changed is not None and name not in changed):
            continue
        value = context.inputs.get(name)
        if value is not None and not (changed is None and is_empty(value)):
            wanted[entry.attribute] = resource.kinds[name].encode(value)
        elif changed is not None:
            wanted[entry.attribute] = ""
    return wanted
