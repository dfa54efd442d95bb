"""Checking declared inputs as the official provider would: unknown, missing and wrong properties, defaults, names."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sandbox.provider.containers import Texts
from sandbox.provider.resource import Autoname, Resource
from sandbox.provider.suggestions import did_you_mean
from sandbox.provider.values import UNKNOWN

Failure = tuple[str, str]


def check(
    resource: Resource, name: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs with defaults and names filled in, and everything wrong with them."""
    inputs = {key: value for key, value in news.items() if value is not None and key != "__defaults"}
    failures = [(key, reason) for key, reason in _wrong(resource, inputs)]
    filled = _defaults(resource, inputs)
    if resource.name and resource.name.property not in inputs:
        _autoname(resource.name, name, inputs, olds, seed)
        filled.append(resource.name.property)
    failures += [
        (key, "missing required property")
        for key, entry in resource.properties.items()
        if entry.required and inputs.get(key) is None
    ]
    if not failures:
        failures += resource.verify(inputs)
    return {**inputs, "__defaults": sorted(filled)}, failures


def _wrong(resource: Resource, inputs: Mapping[str, Any]) -> list[Failure]:
    known = {**resource.kinds, **({"region": Texts()} if resource.regional else {})}
    found: list[Failure] = []
    for key, value in inputs.items():
        if key not in known:
            found.append((key, unknown_property(resource, key, known)))
        elif value == UNKNOWN:
            continue
        elif key == "region":
            found += [] if isinstance(value, str) else [(key, "expected a string")]
        else:
            found += list(known[key].check(value, key))
    return found


def unknown_property(resource: Resource, key: str, known: Mapping[str, Any]) -> str:
    """Say that a property is not in the table, and what may have been meant."""
    return (
        f"{resource.type} has no property {key!r} in the sandbox's table "
        f"(known: {', '.join(sorted(known))}){did_you_mean(key, known)}"
    )


def _defaults(resource: Resource, inputs: dict[str, Any]) -> list[str]:
    filled = []
    for key, entry in resource.properties.items():
        if entry.default is not None and key not in inputs:
            inputs[key] = entry.default
            filled.append(key)
    return filled


def _autoname(rule: Autoname, name: str, inputs: dict[str, Any], olds: Mapping[str, Any], seed: bytes) -> None:
    """Make a name once and keep it: the old inputs remember that theirs was made."""
    if rule.property in olds.get("__defaults", []) and olds.get(rule.property):
        inputs[rule.property] = olds[rule.property]
        return
    suffix = rule.suffix(inputs)
    made = f"-{hashlib.sha256(seed).hexdigest()[:7]}{suffix}"
    inputs[rule.property] = rule.prefix + name[: rule.most - len(made) - len(rule.prefix)] + made
