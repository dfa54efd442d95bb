"""Value kinds from Google's discovery documents in the shape of the official SDK, so that the table repeats none."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.pulumi_provider.gcp.values import Block, Duration, TimestampText, Whole
from keystead_sandbox.pulumi_provider.official import Block as Official
from keystead_sandbox.pulumi_provider.official import Shape
from keystead_sandbox.pulumi_provider.schema import Fields, Nested, below
from keystead_sandbox.pulumi_provider.values.containers import Listing, Texts
from keystead_sandbox.pulumi_provider.values.scalars import Flag, Number, Text, Value
from keystead_sandbox.pulumi_provider.values.structures import Field

Schema = Mapping[str, Any]


@cache
def schema_of(api: str, path: str) -> Schema:
    """Return the schema at a dotted path such as `Secret.replication.automatic`; a wrong path is an error."""
    name, *steps = path.split(".")
    found: Schema = discovery.schemas(api)[name]
    for step in steps:
        found = _resolved(api, found).get("properties", {})[step]
    return found


def _resolved(api: str, schema: Schema) -> Schema:
    return discovery.schemas(api)[schema["$ref"]] if "$ref" in schema else schema


def kind_of(api: str, schema: Schema, shape: Shape, nested: Fields) -> Value:
    """Return the kind of value that a schema takes, in the shape of the official SDK."""
    own, resolved = nested.get("", Nested()), _resolved(api, schema)
    if own.kind:
        return own.kind
    if isinstance(shape, list):
        return Listing(kind_of(api, resolved["items"], shape[0], nested), unordered=own.unordered)
    if isinstance(shape, dict):
        return _block(api, resolved, shape, nested)
    return Texts() if shape == "map" else _scalar(resolved, shape)


def _scalar(schema: Schema, shape: Shape) -> Value:
    kind, form = schema.get("type"), schema.get("format", "")
    if kind == "boolean":
        return Flag()
    if kind in {"integer", "number"}:
        return Number(whole=kind == "integer")
    if form in {"int64", "uint64"}:
        return Whole(text=shape == "string")
    if form == "google-duration":
        return Duration()
    if form == "google-datetime":
        return TimestampText()
    return Text(tuple(schema.get("enum", ())))


def _block(api: str, schema: Schema, shape: Shape, nested: Fields) -> Block:
    """Return a block; a field of the official SDK that the discovery document does not have is not served."""
    members, official = schema.get("properties", {}), Official.of(shape)
    entries = {name: nested.get(name, Nested()) for name in official.fields}
    fields = {}
    for name, entry in entries.items():
        member = entry.member or next((member for member in members if member.lower() == name.lower()), "")
        if member and not entry.refused:
            kind = kind_of(api, members[member], official.fields[name], below(nested, name))
            fields[name] = Field(member, kind, name in official.required, entry.computed or entry.made, entry.default)
    return Block(
        fields,
        present=nested.get("", Nested()).present,
        keeps=frozenset(name for name in fields if entries[name].keep),
        made=frozenset(name for name in fields if entries[name].made),
    )
