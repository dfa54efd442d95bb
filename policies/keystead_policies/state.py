"""Resources out of an exported state (`pulumi stack export`), so that a check needs no engine."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keystead_policies.resource import Resource
from keystead_policies.values import Values, properties


class StateError(Exception):
    """A file that is no exported state."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} {problem}; write it with `pulumi stack export --file {path.name}`")


def load(path: Path) -> list[Resource]:
    """Read the resources of a state: inputs, over outputs, so that a computed name or ARN is known too."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StateError(path, f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise StateError(path, "is no JSON") from None
    entries = found.get("deployment", {}).get("resources") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise StateError(path, "has no deployment.resources")
    return list(_resources([entry for entry in entries if not entry.get("delete")]))


def _resources(entries: list[Mapping[str, Any]]) -> Iterator[Resource]:
    providers = {f"{entry['urn']}::{entry.get('id', '')}": entry.get("inputs", {}) for entry in entries}
    for entry in entries:
        inputs = properties(entry.get("inputs") or {})
        outputs = properties(entry.get("outputs") or {})
        provider = providers.get(entry.get("provider", ""), {})
        references = {key: frozenset(urns or ()) for key, urns in (entry.get("propertyDependencies") or {}).items()}
        yield Resource(
            type=entry["type"],
            name=entry["urn"].rsplit("::", 1)[-1],
            urn=entry["urn"],
            properties=inputs,
            identities=Values({"id": entry.get("id"), **{key: outputs[key] for key in _named(outputs)}}),
            provider=properties(provider),
            protected=bool(entry.get("protect")),
            references=references,
        )


def _named(outputs: Values) -> Iterator[str]:
    return (key for key in ("arn", "keyId", "name", "id") if outputs.known(key) and outputs.given(key))
