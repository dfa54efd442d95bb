"""Reads the resources of an exported state (`pulumi stack export`), so that a check needs no engine."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values, properties

STREAM = Path("-")
"""Stands for standard input and output, so that a state need not be written to a file."""


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
    except ValueError:
        raise StateError(path, "is no JSON") from None
    deployment = found.get("deployment") if isinstance(found, dict) else None
    if not isinstance(deployment, dict):
        raise StateError(path, "has no deployment")
    if not all(isinstance(entry, dict) and {"urn", "type"} <= set(entry) for entry in _entries(found)):
        raise StateError(path, "has a resource without urn or type")
    return dict(found)


def resources(exported: Mapping[str, Any]) -> list[Resource]:
    """Return the resources of a state with their inputs, and with the ARN, id and name from their outputs."""
    entries = [entry for entry in _entries(exported) if not entry.get("delete")]
    providers = {f"{entry['urn']}::{entry.get('id', '')}": entry.get("inputs", {}) for entry in entries}
    return [_resource(entry, providers) for entry in entries]


def _entries(exported: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries of a state; a stack that was never deployed, or was destroyed, has none."""
    return exported["deployment"].get("resources") or []


def _resource(entry: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> Resource:
    outputs = properties(entry.get("outputs") or {})
    references = {key: frozenset(urns or ()) for key, urns in (entry.get("propertyDependencies") or {}).items()}
    return Resource(
        type=entry["type"],
        name=entry["urn"].rsplit("::", 1)[-1],
        urn=entry["urn"],
        properties=properties(entry.get("inputs") or {}),
        identities=Values({"id": entry.get("id"), **{key: outputs[key] for key in _named(outputs)}}),
        provider=properties(providers.get(entry.get("provider", ""), {})),
        protected=bool(entry.get("protect")),
        references=references,
    )


def _named(outputs: Values) -> Iterator[str]:
    return (key for key in ("arn", "keyId", "name", "id") if outputs.known(key) and outputs.given(key))
