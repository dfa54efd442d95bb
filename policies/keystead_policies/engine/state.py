"""Reads the resources of an exported state (`pulumi stack export`), so that a check needs no engine."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keystead_policies.engine.resources.encoding import properties
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values

STREAM = Path("-")
"""Stands for standard input and output, so that a state need not be written to a file."""

_SHAPES: Mapping[str, tuple[type, ...]] = {
    "urn": (str,),
    "type": (str,),
    "id": (str, type(None)),
    "provider": (str, type(None)),
    "inputs": (dict, type(None)),
    "outputs": (dict, type(None)),
    "propertyDependencies": (dict, type(None)),
    "delete": (bool, type(None)),
    "custom": (bool, type(None)),
    "external": (bool, type(None)),
    "protect": (bool, type(None)),
}
"""Keys of a resource in a state to the types of their values (pulumi, sdk/go/common/apitype: ResourceV3)."""


class StateError(Exception):
    """A file that is no exported state."""

    def __init__(self, path: Path, problem: str) -> None:
        name, option = ("standard input", "") if path == STREAM else (str(path), f" --file {path.name}")
        super().__init__(f"{name} {problem}; write it with `pulumi stack export{option}`")


def state(path: Path) -> Mapping[str, Any]:
    """Read an exported state; `-` is standard input."""
    try:
        found = json.loads(sys.stdin.buffer.read() if path == STREAM else path.read_bytes())
    except OSError as error:
        raise StateError(path, f"cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise StateError(path, "is no JSON") from None
    deployment = found.get("deployment") if isinstance(found, dict) else None
    if not isinstance(deployment, dict):
        raise StateError(path, "has no deployment")
    entries = deployment.get("resources") or []
    if not isinstance(entries, list):
        raise StateError(path, "has resources that are not a list")
    for index, entry in enumerate(entries):
        if problem := _problem(entry):
            raise StateError(path, f"has a resource {problem} (number {index})")
    return dict(found)


def resources(exported: Mapping[str, Any], path: Path) -> list[Resource]:
    """Return the resources of a state with their inputs, and with the ARN, id and name from their outputs."""
    every = exported["deployment"].get("resources") or []
    entries = [entry for entry in every if not entry.get("delete")]
    providers = {f"{entry['urn']}::{entry.get('id') or ''}": entry.get("inputs") or {} for entry in entries}
    found = []
    for index, entry in enumerate(entries):
        try:
            found.append(_resource(entry, providers))
        except (ValueError, TypeError, RecursionError):
            raise StateError(path, f"has a resource with properties that cannot be decoded (number {index})") from None
    return found


def _problem(entry: object) -> str:
    """Say what is wrong with a resource of a state; empty where nothing is."""
    if not isinstance(entry, dict) or not {"urn", "type"} <= set(entry):
        return "without urn or type"
    for key, types in _SHAPES.items():
        if not isinstance(entry.get(key), types):
            return f"whose {key} is not {_NAMES[types[0]]}"
    if not entry["urn"].startswith("urn:pulumi:") or entry["urn"].count("::") < 3:
        return "whose urn is not a URN"
    if any("\ud800" <= character <= "\udfff" for character in entry["urn"] + entry["type"]):
        return "whose urn or type is not valid Unicode"
    if not all(isinstance(urns, list | None) for urns in (entry.get("propertyDependencies") or {}).values()):
        return "whose propertyDependencies are not lists"
    return ""


_NAMES = {str: "a text", dict: "an object", bool: "true or false"}


def _resource(entry: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> Resource:
    outputs = properties({key: value for key, value in (entry.get("outputs") or {}).items() if key in _IDENTITIES})
    references = {key: frozenset(urns or ()) for key, urns in (entry.get("propertyDependencies") or {}).items()}
    return Resource(
        type=entry["type"],
        name=entry["urn"].rsplit("::", 1)[-1],
        urn=entry["urn"],
        properties=properties(entry.get("inputs") or {}),
        identities=Values({"id": entry.get("id"), **{key: outputs[key] for key in _named(outputs)}}),
        provider=properties(providers.get(entry.get("provider") or "", {})),
        protected=bool(entry.get("protect")),
        managed=bool(entry.get("custom")),
        external=bool(entry.get("external")),
        references=references,
    )


_IDENTITIES = ("arn", "keyId", "name", "id")


def _named(outputs: Values) -> Iterator[str]:
    return (key for key in _IDENTITIES if outputs.known(key) and outputs.given(key))
