"""The words the table is written in: resources, properties, calls and tags."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keystead_sandbox.pulumi_provider.aws.shapes import Hints, input_members, kind_of
from keystead_sandbox.pulumi_provider.aws.values import Attribute
from keystead_sandbox.pulumi_provider.containers import Texts
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values import Text, Value

if TYPE_CHECKING:
    from keystead_sandbox.pulumi_provider.aws.calls import Context


@dataclass(frozen=True)
class Property:
    """One input property. Its kind comes from the service model unless `kind` or `attribute` says otherwise.

    `computed`: not declaring it keeps what the cloud holds. `carried`: the cloud never returns it.
    `answer` is its name in the answers to the read calls when that is not `member`.
    """

    member: str = ""
    operation: str = ""
    kind: Value | None = None
    hints: Hints = field(default_factory=Hints)
    attribute: str = ""
    answer: str = ""
    default: Any = None
    required: bool = False
    replace: bool = False
    computed: bool = False
    carried: bool = False

    def replaces(self, old: Any, new: Any) -> bool:
        """Whether a change of it needs another resource."""
        del old, new
        return self.replace


@dataclass(frozen=True)
class Call:
    """One AWS call. A `bind` value that starts with $ names a property, `$id`, or an item of the answers.

    `of` are the properties whose change asks for the call; `at_create` also makes it after the creating call.
    `answer` are the paths of the reply to keep, after `reform` took out the one item that is meant.
    `absent` are the error codes that mean: nothing is there. `blank` clears a member that is not declared.
    `busy` is the part of an error's message which says that the call may be made again in a while.
    """

    operation: str
    bind: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[str, ...] = ()
    when: "Callable[[Context], bool] | None" = None
    at_create: bool = False
    answer: tuple[str, ...] = ("",)
    reform: "Callable[[Any, Context], dict[str, Any] | None] | None" = None
    absent: frozenset[str] = frozenset()
    blank: Mapping[str, Any] = field(default_factory=dict)
    attributes: str = ""
    each: bool = False
    region: "Callable[[Context], str] | None" = None
    busy: str = ""

    def is_busy(self, message: str) -> bool:
        """Whether AWS's message says that the same call may succeed in a while."""
        return bool(self.busy) and self.busy in message


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


@dataclass(frozen=True)
class Resource:
    """One resource type. `identity` and `lookup` make ids from properties and answers.

    `lookup` names what an interrupted create may have left. Where resources have no name of their own, `census` lists
    all ids there are, and `alike` says whether one of them looks like what is declared.
    `gone` says when what the cloud still returns counts as deleted. `parts` name what an import id consists of.
    """

    type: str
    service: str
    properties: Mapping[str, Property]
    create: Call
    read: tuple[Call, ...]
    delete: tuple[Call, ...]
    identity: "str | Callable[[Context], str]"
    outputs: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Call, ...] = ()
    lookup: "str | Callable[[Context], str]" = ""
    gone: Callable[[Mapping[str, Any]], bool] = lambda _: False
    parts: tuple[str, ...] = ()
    separator: str = ":"
    tags: Tagging | None = None
    name: Autoname | None = None
    regional: bool = True
    sensitive: frozenset[str] = frozenset()
    volatile: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verify: Callable[[Mapping[str, Any]], list[tuple[str, str]]] = lambda _: []
    census: "Callable[[Context], list[str]] | None" = None
    alike: "Callable[[Context, str], bool]" = lambda *_: False
    advice: Callable[[str, str, str], str] = lambda *_: ""

    @cached_property
    def kinds(self) -> Mapping[str, Value]:
        """Every property's kind, taken from the service model on first use."""
        kinds = {name: self._kind(name, entry) for name, entry in self.properties.items()}
        if self.tags:
            kinds["tags"] = Texts()
        return kinds

    @property
    def accepted(self) -> Mapping[str, Value]:
        """Every property that may be declared."""
        return {**self.kinds, "region": Text()} if self.regional else self.kinds

    def member(self, name: str) -> str:
        """Return AWS's name of a property."""
        entry = self.properties[name]
        return entry.member or self._find(name, entry.operation or self.create.operation)

    def _find(self, name: str, operation: str) -> str:
        members = input_members(self.service, operation)
        return next((member for member in members if member.lower() == name.lower()), "")

    def _kind(self, name: str, entry: Property) -> Value:
        if entry.attribute:
            return Attribute(entry.kind) if entry.kind else Attribute()
        if entry.kind:
            return entry.kind
        operation = entry.operation or self.create.operation
        members = input_members(self.service, operation)
        member = self.member(name)
        if member not in members:
            raise LookupError(f"{self.type}: {name}: {self.service} {operation} has no such member")
        return kind_of(members[member], entry.hints)


def fill(template: str, look: Callable[[str], Any]) -> str:
    """Fill a template's {names}; a template without braces is one name."""
    if "{" not in template:
        return str(look(template) or "")
    return re.sub(r"\{(\w+)\}", lambda match: str(look(match.group(1)) or ""), template)
