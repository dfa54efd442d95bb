"""Checking declared inputs as the official provider would: unknown, missing and wrong properties, defaults, names."""

from collections.abc import Mapping
from typing import Any, Protocol

from keystead_sandbox.pulumi_provider.naming import Autoname, autoname
from keystead_sandbox.pulumi_provider.plugin import Failure
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values import UNKNOWN, Value


class Checked(Protocol):
    """What a check has to know of a property."""

    @property
    def default(self) -> Any:
        """What the official provider fills in."""

    @property
    def required(self) -> bool:
        """Whether it must be declared."""


class Checkable(Protocol):
    """What a check has to know of a resource type."""

    @property
    def type(self) -> str:
        """Its type token."""

    @property
    def accepted(self) -> Mapping[str, Value]:
        """The kind of every property that may be declared."""

    @property
    def properties(self) -> Mapping[str, Checked]:
        """Its properties in the table."""

    @property
    def name(self) -> Autoname | None:
        """How its name is made when none is given."""

    def verify(self, inputs: Mapping[str, Any], /) -> list[Failure]:
        """Return what is wrong between properties."""


def check(
    resource: Checkable, name: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs with defaults and names filled in, and everything wrong with them."""
    inputs = {key: value for key, value in news.items() if value is not None and key != "__defaults"}
    failures = list(_wrong(resource, inputs))
    filled = _defaults(resource, inputs)
    if resource.name and resource.name.property not in inputs:
        autoname(resource.name, name, inputs, olds, seed)
        filled.append(resource.name.property)
    failures += [
        (key, "missing required property")
        for key, entry in resource.properties.items()
        if entry.required and inputs.get(key) is None
    ]
    if not failures:
        failures += resource.verify(inputs)
    return {**inputs, "__defaults": sorted(filled)}, failures


def _wrong(resource: Checkable, inputs: Mapping[str, Any]) -> list[Failure]:
    known = resource.accepted
    found: list[Failure] = []
    for key, value in inputs.items():
        if key not in known:
            found.append((key, unknown_property(resource.type, key, known)))
        elif value != UNKNOWN:
            found += list(known[key].check(value, key))
    return found


def unknown_property(type_name: str, key: str, known: Mapping[str, Any]) -> str:
    """Say that a property is not in the table, and what may have been meant."""
    return (
        f"{type_name} has no property {key!r} in the sandbox's table "
        f"(known: {', '.join(sorted(known))}){did_you_mean(key, known)}"
    )


def _defaults(resource: Checkable, inputs: dict[str, Any]) -> list[str]:
    filled = []
    for key, entry in resource.properties.items():
        if entry.default is not None and key not in inputs:
            inputs[key] = entry.default
            filled.append(key)
    return filled
