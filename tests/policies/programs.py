"""Programs as the engine would send them: resources in YAML, with policies, unknown values and secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
PROVIDERS: dict[str, dict[str, Any]] = {
    "aws": {"allowedAccountIds": '["333333333333"]', "region": "us-east-1"},
    "gcp": {"project": "acme-prod", "region": "us-east1"},
}
"""Inputs of the providers that programs use where they declare none."""


class Loader(yaml.CSafeLoader):
    """YAML with `!json` (text of what follows), `!unknown` (known after `up`) and `!secret` (a Pulumi secret)."""


def _json(loader: Loader, node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return json.dumps(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.MappingNode)
    return json.dumps(loader.construct_mapping(node, deep=True))


def _secret(loader: Loader, node: yaml.Node) -> dict[str, Any]:
    assert isinstance(node, yaml.ScalarNode)
    return {SIGNATURE: SECRET, "value": loader.construct_scalar(node)}


Loader.add_constructor("!json", _json)
Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN)
Loader.add_constructor("!secret", _secret)


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    type: str
    name: str
    properties: dict[str, Any]
    protect: bool = False
    identity: str = ""
    stack: str = "prod"
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: PROVIDERS)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{self.stack}::shop::{self.type}::{self.name}"

    @property
    def provider(self) -> Mapping[str, Any]:
        return self.providers.get(self.type.split(":", 1)[0], {})


def read(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader)  # noqa: S506 - a safe loader, with three tags of its own


def declared(entries: list[dict[str, Any]], stack: str = "prod") -> list[Declared]:
    """Resources as `type: properties`; `$name`, `$protect` and `$id` are not properties."""
    found = []
    for index, entry in enumerate(entries):
        ((kind, given),) = entry.items()
        properties = {key: value for key, value in (given or {}).items() if not key.startswith("$")}
        name = given.get("$name", f"r{index}")
        found.append(Declared(kind, name, properties, given.get("$protect", False), given.get("$id", ""), stack))
    own = {each.type.rsplit(":", 1)[-1]: each.properties for each in found if each.type.startswith("pulumi:providers:")}
    providers = {**PROVIDERS, **own}
    return [Declared(e.type, e.name, e.properties, e.protect, e.identity, e.stack, providers) for e in found]


def rule_programs() -> dict[str, dict[str, Any]]:
    """Rule id to its programs, from all files."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((HERE / "programs").glob("*.yaml")):
        for rule, programs in read(path).items():
            assert rule not in found, f"{rule} is in two files"
            found[rule] = programs
    return found
