"""Checking declared inputs as the official provider would: unknown, missing and wrong properties, defaults, names."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.naming import autoname
from keystead_sandbox.pulumi_provider.schema import Failure, Schema
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN


def check(
    resource: Schema, name: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs with defaults and names filled in, and everything wrong with them."""
    inputs = {key: value for key, value in news.items() if value is not None and key != "__defaults"}
    failures = _wrong(resource, inputs)
    filled = [key for key, entry in resource.properties.items() if entry.default is not None and key not in inputs]
    inputs.update({key: resource.properties[key].default for key in filled})
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


def _wrong(resource: Schema, inputs: Mapping[str, Any]) -> list[Failure]:
    known, found = resource.accepted, list[Failure]()
    for key, value in inputs.items():
        if key in resource.refused:
            found.append((key, f"{resource.type} has {key!r}, but the sandbox does not serve it"))
        elif key not in known:
            listed = f"(known: {', '.join(sorted(known))}){did_you_mean(key, known)}"
            found.append((key, f"{resource.type} has no property {key!r} in the sandbox's table {listed}"))
        elif value != UNKNOWN:
            found += known[key].check(value, key)
    return found
