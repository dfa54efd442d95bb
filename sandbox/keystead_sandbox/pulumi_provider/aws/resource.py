"""The words the table is written in: resources, properties, calls and tags."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from keystead_sandbox.pulumi_provider import official, schema
from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.shapes import input_members, kind_of, member_like
from keystead_sandbox.pulumi_provider.aws.values import Attribute
from keystead_sandbox.pulumi_provider.values.containers import Texts
from keystead_sandbox.pulumi_provider.values.scalars import Text, Value

Condition = Callable[[Context], bool]


@dataclass(frozen=True)
class Property(schema.Property):
    """What cannot be derived of one property.

    Its member is found by name in the creating call, or in `operation`. `attribute` is its name among a resource's
    attributes. `carried`: the cloud never returns it. `answer` is its name in the answers to the read calls when that
    is not the member.
    """

    member: str = ""
    operation: str = ""
    attribute: str = ""
    answer: str = ""
    carried: bool = False


@dataclass(frozen=True)
class Call:
    """One AWS call. A `bind` value that starts with $ names a property, `$id`, or an item of the answers.

    `of` are the properties whose change asks for the call: by default all that it takes and that may change.
    `at_create` also makes it after the creating call. `answer` are the paths of the reply to keep, after `reform` took
    out the one item that is meant. `absent` are error codes that mean: nothing is there, beside those of every service.
    `blank` clears a member that is not declared. `attributes` is the member that takes a resource's attributes, one by
    one where `each` says so. `busy` is the part of an error's message which says that the call may be made again in a
    while.
    """

    operation: str
    bind: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[str, ...] = ()
    when: Condition = lambda _: True
    at_create: bool = False
    answer: tuple[str, ...] = ("",)
    reform: Callable[[Any, Context], dict[str, Any] | None] | None = None
    absent: frozenset[str] = frozenset()
    blank: Mapping[str, Any] = field(default_factory=dict)
    attributes: str = ""
    each: bool = False
    region: Callable[[Context], str] = lambda context: context.region
    busy: str = ""


@dataclass(frozen=True)
class Tagging:
    """How a service tags: its operations, the member that names the resource, and the shape of the tags."""

    target: str
    value: str
    tag: str = "TagResource"
    untag: str = "UntagResource"
    listing: str = ""
    create: str = "Tags"
    key: str = "Key"
    content: str = "Value"
    mapping: bool = False
    tags: str = "Tags"
    keys: str = "TagKeys"

    def encode(self, tags: Mapping[str, str]) -> Any:
        """Write tags as the service wants them."""
        if self.mapping:
            return dict(tags)
        return [{self.key: key, self.content: value} for key, value in sorted(tags.items())]

    def decode(self, tags: Any) -> dict[str, str]:
        """Read tags as the service returns them; AWS's own are not ours to manage."""
        pairs = (tags or {}).items() if self.mapping else ((tag[self.key], tag[self.content]) for tag in tags or [])
        return {key: value for key, value in pairs if not key.startswith("aws:")}


@dataclass(frozen=True, kw_only=True)
class Resource(schema.Schema):
    """One resource type. `identity` and `lookup` make ids from properties and answers.

    `special` has what cannot be derived of properties. `lookup` names what an interrupted create may have left. Where
    resources have no name of their own, `census` lists all ids there are, and `alike` says whether one of them looks
    like what is declared. `gone` says when what the cloud still returns counts as deleted. `parts` name what an import
    id consists of.
    """

    service: str
    special: Mapping[str, Property]
    create: Call
    read: tuple[Call, ...]
    delete: tuple[Call, ...]
    identity: str | Callable[[Context], str]
    changes: tuple[Call, ...] = ()
    lookup: str | Callable[[Context], str] = ""
    gone: Callable[[Mapping[str, Any]], bool] = lambda _: False
    parts: tuple[str, ...] = ()
    separator: str = ":"
    tags: Tagging | None = None
    census: Callable[[Context], list[str]] | None = None
    alike: Callable[[Context, str], bool] = lambda *_: False
    advice: Callable[[str, str, str], str] = lambda *_: ""

    @property
    def regional(self) -> bool:
        """Whether a resource may name its own region."""
        return "region" in official.inputs(self.type).fields

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """Every property of the official provider that is served, but tags and region."""
        known = official.inputs(self.type)
        served = known.fields.keys() - {"tags", "region"} - self.refused
        return schema.completed(self.special, Property(), {name: name in known.required for name in sorted(served)})

    @cached_property
    def kinds(self) -> Mapping[str, Value]:
        """Every property's kind, taken from the service model and the official SDK on first use."""
        kinds = {name: self._kind(name, entry) for name, entry in self.properties.items()}
        return {**kinds, "tags": Texts()} if self.tags else kinds

    @property
    def accepted(self) -> Mapping[str, Value]:
        """Every property that may be declared."""
        return {**self.kinds, "region": Text()} if self.regional else self.kinds

    @cached_property
    def members(self) -> Mapping[str, str]:
        """AWS's name of every property; empty where no call has it."""
        return {
            name: entry.member
            or ("" if entry.attribute else member_like(name, self._members(entry.operation or self.create.operation)))
            for name, entry in self.properties.items()
        }

    def _members(self, operation: str) -> Mapping[str, Any]:
        return input_members(self.service, operation)

    def _kind(self, name: str, entry: Property) -> Value:
        shape = official.inputs(self.type).fields[name]
        if entry.attribute:
            return Attribute(entry.kind or official.kind_of(shape))
        member = self._members(entry.operation or self.create.operation).get(self.members[name])
        if entry.kind or member is None:
            return entry.kind or official.kind_of(shape)
        return kind_of(member, shape, {"": schema.Nested(unordered=entry.unordered), **entry.nested})

    def asks_for(self, call: Call) -> frozenset[str]:
        """Return the properties whose change asks for a call."""
        if call.of:
            return frozenset(call.of)
        taken = self._members(call.operation)
        return frozenset(
            name
            for name, entry in self.properties.items()
            if not entry.replace and (entry.attribute if call.attributes else self.members[name] in taken)
        )

    def split(self, resource_id: str) -> dict[str, str]:
        """Take an id apart: an import knows nothing else."""
        pieces = resource_id.split(self.separator, len(self.parts) - 1) if self.parts and resource_id else []
        return dict(zip(self.parts, pieces, strict=True)) if len(pieces) == len(self.parts) else {}
