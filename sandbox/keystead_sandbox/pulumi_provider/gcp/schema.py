"""The words the table is written in, as far as they are data: properties, labels, names and ids."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from keystead_sandbox.pulumi_provider import official, schema
from keystead_sandbox.pulumi_provider.gcp.shapes import kind_of, schema_of
from keystead_sandbox.pulumi_provider.schema import Nested
from keystead_sandbox.pulumi_provider.values.containers import Texts
from keystead_sandbox.pulumi_provider.values.scalars import Text, Value

Json = dict[str, Any]


@dataclass(frozen=True)
class Property(schema.Property):
    """What cannot be derived of one property. Its kind comes from the discovery document, at `path` of the schema.

    `local`: no part of the resource's body, as everything that its schema does not have; it stands in the id, in the
    call's query, or only in the state. `unread`:
    the cloud never returns it. `unsent`: a method of its own changes it. `empty`: sent also when it is false, nothing
    or empty. `present`: an empty block means something. `fallback`: the provider's own setting stands in for it.
    `mask` are the fields an update names for it.
    """

    path: str = ""
    local: bool = False
    unread: bool = False
    unsent: bool = False
    empty: bool = False
    present: bool = False
    fallback: bool = False
    mask: tuple[str, ...] = ()


FIXED = Property(replace=True)
COMPUTED = Property(computed=True)
PLACE = Property(kind=Text(least=1), local=True, replace=True, computed=True, fallback=True)
"""A project or a region: the provider's own is the default."""
DELETION = Property(kind=Text(("DELETE", "PREVENT", "ABANDON")), local=True, computed=True, fallback=True)
"""Every deletable resource has it since version 9 of the official provider; the provider's own is the default."""
_EVERYWHERE = {"project": PLACE, "deletionPolicy": DELETION}


def part(*, kind: Value | None = None) -> Property:
    """A property that is part of the name."""
    return Property(kind=kind or Text(least=1), local=True, required=True, replace=True)


@dataclass(frozen=True)
class Labels:
    """Labels or annotations: those declared, those the provider manages, and all there are."""

    property: str = "labels"
    effective: str = "effectiveLabels"
    managed: str = "pulumiLabels"
    """Empty for annotations, which have no defaults and no attribution."""

    def names(self) -> list[str]:
        """Return the properties that show labels."""
        return [name for name in (self.property, self.effective, self.managed) if name]


@dataclass(frozen=True, kw_only=True)
class Schema(schema.Schema):
    """What is known of a resource type without its behaviour.

    `special` has what cannot be derived of properties. `id` makes the Pulumi id; `imports` are other forms in which an
    import may name a resource, unless `parse` takes its words apart. Outputs are paths into the cloud's answer, or
    templates with {names}.
    """

    api: str
    schema: str
    special: Mapping[str, Property]
    id: str
    imports: tuple[str, ...] = ()
    labels: tuple[Labels, ...] = ()
    parse: Callable[[str], dict[str, str]] | None = None

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """Every property of the official provider that is served, but labels."""
        known = official.inputs(self.type)
        served = known.fields.keys() - self.refused - {labels.property for labels in self.labels}
        required = {name: name in known.required for name in sorted(served)}
        found = schema.completed({**_EVERYWHERE, **self.special}, Property(), required)
        return {name: entry if self._has(name, entry) else replace(entry, local=True) for name, entry in found.items()}

    def _has(self, name: str, entry: Property) -> bool:
        """Whether the resource's body has a property; where there is no schema, every property is looked for."""
        return bool(entry.path) or not self.schema or name in schema_of(self.api, self.schema).get("properties", {})

    @cached_property
    def kinds(self) -> Mapping[str, Value]:
        """Every property's kind, taken from the discovery document and the official SDK on first use."""
        kinds = {name: self._kind(name, entry) for name, entry in self.properties.items()}
        return kinds | {labels.property: Texts() for labels in self.labels}

    def _kind(self, name: str, entry: Property) -> Value:
        shape = official.inputs(self.type).fields[name]
        if entry.kind or entry.local:
            return entry.kind or official.kind_of(shape)
        nested = {"": Nested(unordered=entry.unordered, present=entry.present), **entry.nested}
        return kind_of(self.api, schema_of(self.api, f"{self.schema}.{self.path(name)}"), shape, nested)

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
