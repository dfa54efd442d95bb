"""The bodies of calls, and what an update's mask names."""

from collections.abc import Collection
from typing import Any

from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.resource import Json
from keystead_sandbox.pulumi_provider.values import is_empty


def build(context: Context, *, fixed: bool = True) -> Json:
    """Return the resource as it is declared; without what cannot change when `fixed` is false."""
    body: Json = {}
    for name, entry in context.resource.properties.items():
        value = context.inputs.get(name)
        if entry.local or entry.unsent or value is None or (entry.replace is True and not fixed):
            continue
        encoded = context.resource.kinds[name].encode(value)
        if encoded is not None and (entry.empty or not is_empty(encoded) or encoded == {}):
            put(body, context.resource.path(name), encoded)
    labels.place(context, body)
    return context.resource.encode(context, body)


def mask(context: Context, changed: Collection[str]) -> list[str]:
    """Return the fields that changes of these properties are about; none where only the state changes."""
    found: list[str] = []
    for name, entry in context.resource.properties.items():
        if name in changed and not (entry.local or entry.unsent):
            found += entry.mask or (context.resource.path(name),)
    for one in context.resource.labels:
        if set(labels.names(one)).intersection(changed):
            found.append(one.property)
    return found


def put(body: Json, path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *steps, last = path.split(".")
    for step in steps:
        body = body.setdefault(step, {})
    body[last] = value


def take(record: Any, path: str) -> Any:
    """Return what is at a dotted path, or None."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, dict) else None
    return record
