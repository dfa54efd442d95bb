"""Turns an exported Pulumi state into a configuration of Terraform that declares the same resources.

What a resource takes from another one becomes a reference, since a fresh cloud gives other identifiers. Only resources
that it waits for are referred to: other names are put together from the spec, before what they name exists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fidelity.arguments import Arguments
from fidelity.provider import Properties, Provider

SHORTEST_REFERENCE = 20
"""Characters: a shorter output could stand in another value by chance."""


@dataclass(frozen=True)
class Declared:
    """One resource of the state under its name in Terraform."""

    kind: str
    name: str
    state: Properties

    @property
    def address(self) -> str:
        """What Terraform calls it."""
        return f"{self.kind}.{self.name}"


@dataclass
class Configuration:
    """What was converted, and what has no counterpart in the official provider."""

    document: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    """The addresses of all resources."""
    missing: int = 0
    """How many resources have no type there."""
    problems: list[str] = field(default_factory=list)


class Conversion:
    """The resources that one provider has in one state."""

    def __init__(self, provider: Provider, schemas: Properties, state: Properties, root: Path) -> None:
        self._provider = provider
        self._schemas = schemas
        self._root = root
        self._all = {one["urn"]: one for one in state["deployment"]["resources"]}
        self._made: dict[str, Declared] = {}
        self._references: list[tuple[str, str, str]] = []
        self._result = Configuration()

    def configuration(self) -> Configuration:
        """Declare every resource, in the order in which Pulumi made them."""
        settings, regions = self._settings(), set()
        resources: dict[str, dict[str, Any]] = {}
        for state in self._all.values():
            if state.get("custom") and state["type"].startswith(f"{self._provider.cloud}:"):
                body = self._resource(state)
                if body is not None:
                    declared = self._made[state["urn"]]
                    resources.setdefault(declared.kind, {})[declared.name] = body
                    regions |= {body["provider"].rpartition(".")[2]} if "provider" in body else set()
        aliases = [{**settings, "alias": region, "region": region} for region in sorted(regions)]
        self._result.document = {
            "terraform": {"required_providers": {self._provider.name: {"source": self._provider.source}}},
            "provider": {self._provider.name: [settings, *aliases]},
            "resource": resources,
        }
        return self._result

    def _settings(self) -> dict[str, Any]:
        kind = f"pulumi:providers:{self._provider.cloud}"
        inputs = [one["inputs"] for one in self._all.values() if one["type"] == kind]
        return self._provider.settings(max(inputs, key=len))  # a guard's provider has no labels

    def _resource(self, state: Properties) -> dict[str, Any] | None:
        kind = next((one for one in self._provider.types(state["type"]) if one in self._schemas), None)
        if kind is None:
            self._result.missing += 1
            self._result.problems.append(f"{state['type']}: the official provider has no such resource")
            return None
        declared = Declared(kind, self._free_name(kind, state["urn"]), state)
        schema = self._schemas[kind]["block"]
        arguments = Arguments(schema, self._provider.renamed.get(kind, {}), self._root, declared.address)
        body: dict[str, Any] = self._linked(arguments.of(state["inputs"]), self._before(state["urn"]))
        self._result.problems += arguments.problems
        body |= self._order(state, arguments)
        self._made[state["urn"]] = declared
        self._result.declared.append(declared.address)
        self._references += self._offered(declared)
        return body

    def _order(self, state: Properties, arguments: Arguments) -> dict[str, Any]:
        """What Terraform is told beside the arguments: the provider, what comes before, and what is ignored."""
        told: dict[str, Any] = {}
        region = state["inputs"].get("region")
        if region and self._provider.cloud == "aws" and not arguments.has("region"):
            told["provider"] = f"{self._provider.name}.{region}"
        elif self._provider.name != self._provider.prefix:
            told["provider"] = self._provider.name
        if waited := sorted(self._made[urn].address for urn in self._needed(state) if urn in self._made):
            told["depends_on"] = waited
        if ignored := [arguments.path(one) for one in state.get("ignoreChanges") or []]:
            told["lifecycle"] = {"ignore_changes": ignored}
        return told

    def _needed(self, state: Properties) -> set[str]:
        """What a resource waits for; it also waits for what its components wait for."""
        needed: set[str] = set()
        above: Properties | None = state
        while above is not None:
            needed |= set(above.get("dependencies") or [])
            above = self._all.get(above.get("parent", ""))
        return needed

    def _before(self, urn: str) -> set[str]:
        found: set[str] = set()
        left = [urn]
        while left:
            following = self._needed(self._all[left.pop()]) - found
            found |= following
            left += following
        return {self._made[one].address for one in found if one in self._made}

    def _offered(self, declared: Declared) -> Iterator[tuple[str, str, str]]:
        """Values that others may have taken from this resource, whose they are, and the expressions for them."""
        inputs, block = declared.state["inputs"], self._schemas[declared.kind]["block"]
        known = {"id", *block.get("attributes", {}), *block.get("block_types", {})}
        yield from _value(declared.state.get("id"), declared.address, "id")
        for path, expression in self._provider.generated.items():
            if path not in inputs and expression.partition("[")[0] in known:
                value: Any = declared.state.get("outputs", {})
                for step in path.split("."):
                    value = value.get(step) if isinstance(value, dict) else None
                yield from _value(value, declared.address, expression)

    def _linked(self, value: Any, before: set[str]) -> Any:
        if isinstance(value, dict):
            return {name: self._linked(one, before) for name, one in value.items()}
        if isinstance(value, list):
            return [self._linked(one, before) for one in value]
        if not isinstance(value, str):
            return value
        value = value.replace("${", "$${").replace("%{", "%%{")
        for literal, owner, expression in sorted(self._references, key=lambda one: len(one[0]), reverse=True):
            if owner in before and literal in value:
                value = value.replace(literal, f"${{{owner}.{expression}}}")
        return value

    def _free_name(self, kind: str, urn: str) -> str:
        name = re.sub(r"\W", "_", urn.rpartition("::")[2])
        name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
        while f"{kind}.{name}" in self._result.declared:
            name += "_"
        return name


def _value(value: object, owner: str, expression: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str) and len(value) >= SHORTEST_REFERENCE:
        yield value, owner, expression
