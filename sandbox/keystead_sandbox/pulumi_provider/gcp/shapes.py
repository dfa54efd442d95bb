"""Value kinds taken from Google's discovery documents, so that the table repeats none of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from keystead_sandbox.common import discovery
from keystead_sandbox.pulumi_provider.containers import Listing, Texts
from keystead_sandbox.pulumi_provider.gcp.values import Block, Duration, Stamp, Whole
from keystead_sandbox.pulumi_provider.structures import Field
from keystead_sandbox.pulumi_provider.values import Flag, Number, Text, Value

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Nested:
    """What the official provider's schema says of a value beyond the discovery document.

    `member` is Google's name where it differs. `fields` are those of a block: any other is refused. `present`: an
    empty block means something. `keep`: sent when empty too. `made`: the cloud fills it in, and nobody else.
    """

    member: str = ""
    kind: Value | None = None
    required: bool = False
    computed: bool = False
    default: Any = None
    fields: Mapping[str, "Nested"] = field(default_factory=dict)
    present: bool = False
    unordered: bool = False
    keep: bool = False
    made: bool = False


def plain(*names: str) -> dict[str, Nested]:
    """Fields of which the discovery document says all there is to say."""
    return dict.fromkeys(names, Nested())


def required(*names: str) -> dict[str, Nested]:
    """Fields that must be given."""
    return dict.fromkeys(names, Nested(required=True))


def computed(*names: str) -> dict[str, Nested]:
    """Fields that the cloud fills in where they are not given."""
    return dict.fromkeys(names, Nested(computed=True))


def made(*names: str) -> dict[str, Nested]:
    """Fields that only the cloud fills in."""
    return dict.fromkeys(names, Nested(made=True))


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


def kind_of(api: str, schema: Schema, hints: Nested) -> Value:
    """Return the kind of value that a schema takes."""
    if hints.kind:
        return hints.kind
    resolved = _resolved(api, schema)
    if resolved.get("type") == "array":
        return Listing(kind_of(api, resolved["items"], hints), unordered=hints.unordered)
    if resolved.get("type") == "object":
        if "properties" not in resolved and not hints.present:
            return Texts()
        return _block(api, resolved, hints)
    return _scalar(resolved)


def _scalar(schema: Schema) -> Value:
    kind, form = schema.get("type"), schema.get("format", "")
    if kind == "boolean":
        return Flag()
    if kind in {"integer", "number"}:
        return Number(whole=kind == "integer")
    if form in {"int64", "uint64"}:
        return Whole()
    if form == "google-duration":
        return Duration()
    if form == "google-datetime":
        return Stamp()
    return Text(tuple(schema.get("enum", ())))


def _block(api: str, schema: Schema, hints: Nested) -> Block:
    members = schema.get("properties", {})
    fields = {}
    for name, inner in hints.fields.items():
        member = inner.member or name
        kind = inner.kind or kind_of(api, members[member], inner)
        fields[name] = Field(member, kind, inner.required, inner.computed or inner.made, inner.default)
    keeps = frozenset(name for name, inner in hints.fields.items() if inner.keep)
    made = frozenset(name for name, inner in hints.fields.items() if inner.made)
    return Block(fields, present=hints.present, keeps=keeps, made=made)
