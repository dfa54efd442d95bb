"""Making one AWS call from its line in the table."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from keystead_sandbox.pulumi_provider.aws.resource import Call, Resource
from keystead_sandbox.pulumi_provider.aws.sessions import Session
from keystead_sandbox.pulumi_provider.aws.shapes import input_members
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.values import is_empty

BUSY_SECONDS = 60
"""How long a busy AWS is asked again; the official provider waits two minutes for a rotation."""


@dataclass
class Context:
    """One request about one resource: what is declared, what was known, and what AWS answered so far."""

    resource: Resource
    session: Session
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region this resource lives in: its own, else the provider's."""
        return self.inputs.get("region") or self.state.get("region") or self.session.region

    def look(self, name: str) -> Any:
        """Find a name: the id, a declared property, an AWS answer, a part of the id, or a known property."""
        if name == "id":
            return self.id
        if name in {"region", "account"}:
            return self.region if name == "region" else self.session.account
        for source in (self.inputs, self.record, self.state, self.parts()):
            if source.get(name) is not None:
                return source[name]
        return None

    def parts(self) -> dict[str, str]:
        """Take the id apart: an import knows nothing else."""
        names = self.resource.parts
        pieces = self.id.split(self.resource.separator, len(names) - 1) if names and self.id else []
        return dict(zip(names, pieces, strict=True)) if len(pieces) == len(names) else {}

    def declared(self, name: str) -> Any:
        """Return a declared property."""
        return self.inputs.get(name)


def perform(call: Call, context: Context, *, declared: bool = False, changed: Iterable[str] | None = None) -> bool:
    """Make a call and keep its answer; False when AWS says that there is nothing there.

    `declared` also sends every declared property that is a member of the operation's input. `changed` limits
    attributes to those properties.
    """
    arguments = _bound(call, context)
    if declared:
        arguments = {**_members(call, context), **arguments}
    if call.attributes:
        wanted = _attributes(context, changed)
        if call.each:
            for key, text in wanted.items():
                invoke(context, call, {**arguments, "AttributeName": key, "AttributeValue": text})
            return True
        arguments[call.attributes] = wanted
    return keep(call, context, invoke(context, call, arguments))


def invoke(context: Context, call: Call, arguments: dict[str, Any]) -> Any:
    """Call AWS; None when it answers with a code that means absence."""
    service = context.resource.service
    client = context.session.client(service, call.region(context) if call.region else context.region)
    try:
        return _patiently(call, client, arguments)
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = details.get("Code", ""), details.get("Message", "")
        if code in call.absent:
            return None
        advice = context.resource.advice(code, message, str(context.look("name") or context.id))
        raise CloudError(f"{service}:{call.operation}", code, message, advice) from None
    except ParamValidationError as error:
        named = ", ".join(sorted(set(re.findall(r"parameter:? \"?([\w.\[\]]+)", str(error))))) or "a parameter"
        raise CloudError(
            f"{service}:{call.operation}", "ParamValidation", f"{named} does not fit the service"
        ) from None
    except BotoCoreError as error:
        raise CloudError(f"{service}:{call.operation}", "", f"{type(error).__name__}: {error}") from None


def _patiently(call: Call, client: Any, arguments: dict[str, Any]) -> Any:
    """Call AWS, again while it says that it is busy."""
    method = xform_name(call.operation)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if client.can_paginate(method):
                return client.get_paginator(method).paginate(**arguments).build_full_result()
            return getattr(client, method)(**arguments)
        except ClientError as error:
            if not call.is_busy(error.response["Error"].get("Message", "")) or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def keep(call: Call, context: Context, reply: Any) -> bool:
    """Merge the wanted parts of a reply into the record."""
    if reply is None:
        return False
    if call.reform:
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
    for step in filter(None, re.split(r"\.", path)):
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


def _members(call: Call, context: Context) -> dict[str, Any]:
    accepted = input_members(context.resource.service, call.operation)
    arguments: dict[str, Any] = {}
    for name, entry in context.resource.properties.items():
        member = "" if entry.attribute else context.resource.member(name)
        value = context.inputs.get(name)
        if member in accepted and value is not None:
            arguments[member] = context.resource.kinds[name].encode(value)
        elif member in call.blank:
            arguments[member] = call.blank[member]
    tags = context.resource.tags
    if tags and call is context.resource.create and tags.create in accepted and merged_tags(context):
        arguments[tags.create] = tags.encode(merged_tags(context))
    return arguments


def _attributes(context: Context, changed: Iterable[str] | None) -> dict[str, str]:
    wanted = {}
    for name, entry in context.resource.properties.items():
        if not entry.attribute or (changed is not None and name not in changed):
            continue
        value = context.inputs.get(name)
        if value is not None and not (changed is None and is_empty(value)):
            wanted[entry.attribute] = context.resource.kinds[name].encode(value)
        elif changed is not None:
            wanted[entry.attribute] = ""
    return wanted


def merged_tags(context: Context) -> dict[str, str]:
    """Return the tags a resource carries: its own over the provider's default ones."""
    own = context.inputs.get("tags")
    return {**context.session.default_tags, **(own if isinstance(own, Mapping) else {})}
