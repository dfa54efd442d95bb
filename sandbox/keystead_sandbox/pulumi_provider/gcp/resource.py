"""The words the table is written in: resources, properties, labels and name templates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.containers import Texts
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, kind_of, schema_of
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.plugin import Failure
from keystead_sandbox.pulumi_provider.values import Text, Value

if TYPE_CHECKING:
    from keystead_sandbox.pulumi_provider.gcp.context import Context
    from keystead_sandbox.pulumi_provider.gcp.operations import Operations

Json = dict[str, Any]


@dataclass(frozen=True)
class Property:
    """One input property. Its kind comes from the discovery document, at `path` of the resource's schema.

    `local`: no part of the resource's body; it stands in the id, in the call's query, or only in the state. `unread`:
    the cloud never returns it. `unsent`: a method of its own changes it.
    `computed`: not declaring it keeps what the cloud holds. `empty`: sent also when it is false, nothing or empty.
    `fallback`: the provider's own setting stands in for it. `mask` are the fields an update names for it.
    """

    path: str = ""
    kind: Value | None = None
    hints: Nested = field(default_factory=Nested)
    default: Any = None
    required: bool = False
    replace: bool | Callable[[Any, Any], bool] = False
    computed: bool = False
    local: bool = False
    unread: bool = False
    unsent: bool = False
    fallback: bool = False
    empty: bool = False
    mask: tuple[str, ...] = ()

    def replaces(self, old: Any, new: Any) -> bool:
        """Whether a change of it needs another resource."""
        return self.replace if isinstance(self.replace, bool) else self.replace(old, new)


PROJECT = Property(kind=Text(least=1), local=True, replace=True, computed=True, fallback=True)
DELETION = Property(kind=Text(("DELETE", "PREVENT", "ABANDON")), local=True, computed=True, fallback=True)
"""Every deletable resource has it since version 9 of the official provider; the provider's own is the default."""


def part(*, required: bool = True, replace: bool = True, kind: Value | None = None) -> Property:
    """A property that is part of the name."""
    return Property(kind=kind or Text(least=1), local=True, required=required, replace=replace)


@dataclass(frozen=True)
class Labels:
    """Labels or annotations: those declared, those the provider manages, and all there are."""

    property: str = "labels"
    effective: str = "effectiveLabels"
    managed: str = "pulumiLabels"
    """Empty for annotations, which have no defaults and no attribution."""


@dataclass(frozen=True)
class Resource:
    """One resource type. `id` makes its Pulumi id; `imports` are other forms in which an import may name it.

    Outputs are paths into the cloud's answer, or templates with {names}. `foretold` are templates of outputs that a
    preview knows. `decode` puts an answer into the form that the properties expect; `encode` finishes a body. `detect`
    finds differences that no property shows. `again` are properties to send once more when an interrupted create is
    taken up. `refused` are properties of the official provider that the sandbox does not serve.
    """

    type: str
    api: str
    schema: str
    properties: Mapping[str, Property]
    operations: "Operations"
    id: str
    imports: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    foretold: Mapping[str, str] = field(default_factory=dict)
    volatile: tuple[str, ...] = ()
    labels: tuple[Labels, ...] = ()
    name: Autoname | None = None
    verify: Callable[[Mapping[str, Any]], list[Failure]] = lambda _: []
    encode: "Callable[[Context, Json], Json]" = lambda _, body: body
    decode: "Callable[[Context, Json], Json]" = lambda _, record: record
    parse: Callable[[str], dict[str, str]] | None = None
    detect: "Callable[[Context], list[Difference]]" = lambda _: []
    again: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    @cached_property
    def kinds(self) -> Mapping[str, Value]:
        """Every property's kind, taken from the discovery document on first use."""
        kinds = {name: self._kind(name, entry) for name, entry in self.properties.items()}
        return kinds | {labels.property: Texts() for labels in self.labels}

    @property
    def accepted(self) -> Mapping[str, Value]:
        """Every property that may be declared."""
        return self.kinds

    def _kind(self, name: str, entry: Property) -> Value:
        if entry.kind:
            return entry.kind
        return kind_of(self.api, schema_of(self.api, f"{self.schema}.{entry.path or name}"), entry.hints)

    def path(self, name: str) -> str:
        """Return a property's place in the body."""
        return self.properties[name].path or name

    def parts(self, resource_id: str) -> dict[str, str]:
        """Take an id apart: an import knows nothing else."""
        if not resource_id:
            return {}
        if self.parse:
            return self.parse(resource_id)
        return next((found for form in (self.id, *self.imports) if (found := match(form, resource_id))), {})


def fill(template: str, look: Callable[[str], Any]) -> str:
    """Fill a template's {names}; {+name} stands for a whole path."""
    return re.sub(r"\{\+?(\w+)\}", lambda found: _text(look(found[1])), template)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def match(template: str, text: str) -> dict[str, str]:
    """Return what the names of a template stand for in a text; nothing where the text has another form."""
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        name = found[2]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{'.+' if found[1] else '[^/]+'})"

    pattern = re.sub(r"\\\{(\\\+)?(\w+)\\\}", group, re.escape(template))
    found = re.fullmatch(pattern, text)
    return found.groupdict() if found else {}
