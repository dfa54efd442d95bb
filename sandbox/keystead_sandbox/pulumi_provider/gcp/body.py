"""The bodies of calls, and what an update's mask names."""

from collections.abc import Collection
from typing import Any

from keystead_sandbox.pulumi_provider.gcp import labels
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.schema import Json
from keystead_sandbox.pulumi_provider.values.scalars import is_empty


def build(context: Context, *, fixed: bool = True) -> Json:
    """Return the resource as it is declared; without what cannot change when `fixed` is false."""
    body: Json = {}
    for name, entry in context.schema.properties.items():
        value = context.inputs.get(name)
        if entry.local or entry.unsent or value is None or (entry.replace is True and not fixed):
            continue
        encoded = context.schema.kinds[name].encode(value)
        if encoded is not None and (entry.empty or not is_empty(encoded) or encoded == {}):
            put(body, context.schema.path(name), encoded)
    return {**body, **labels.placed(context)}


def mask(context: Context, changed: Collection[str]) -> list[str]:
    """Return the fields that changes of these properties are about; none where only the state changes."""
    found: list[str] = []
    for name, entry in context.schema.properties.items():
        if name in changed and not (entry.local or entry.unsent):
            found += entry.mask or (context.schema.path(name),)
    return found + [one.property for one in context.schema.labels if set(one.names()).intersection(changed)]


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
