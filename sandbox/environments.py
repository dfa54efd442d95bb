"""Which environments the stack files declare, and where each one lives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError, UsageError


@dataclass(frozen=True, slots=True)
class Environment:
    """As much of one environment as a local cloud needs; the spec itself is the program's to check."""

    name: str
    account: str
    region: str
    colour: str
    tier: str


COLOURS = {"low": "green", "standard": "yellow", "high": "magenta", "critical": "red"}
"""By tier, in the order in which environments are shown."""


def declared(stacks: Path) -> dict[str, Environment]:
    """Every `Pulumi.<name>.yaml` that names an AWS account."""
    base = _read(stacks / "base.yaml") if (stacks / "base.yaml").exists() else {}
    found = {}
    for file in sorted(stacks.glob("Pulumi.*.yaml")):
        name = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        spec = (_read(file).get("config") or {}).get("keystead:environment") or {}
        aws = {**_mapping(base, "aws"), **_mapping(spec, "aws")}
        if not aws.get("account"):
            continue
        if not aws.get("region"):
            raise SandboxError(f"{file.name}: keystead:environment.aws.region is missing", "name an AWS region")
        tier = str(spec.get("tier", base.get("tier")))
        colour = str(spec.get("colour") or COLOURS.get(tier, "cyan"))
        found[name] = Environment(name, str(aws["account"]), str(aws["region"]), colour, tier)
    if not found:
        raise SandboxError(f"no stack file in {stacks} names an AWS account", "add Pulumi.<environment>.yaml")
    order = list(COLOURS)
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].tier) if item[1].tier in order else 9))


def chosen(stacks: Path, names: list[str] | None) -> list[Environment]:
    """The named environments, or all of them."""
    known = declared(stacks)
    for name in names or []:
        if name not in known:
            raise UsageError(f"no environment {name!r}", f"choose among {', '.join(known)}")
    return [known[name] for name in names or known]


def _mapping(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text()) or {}
    except OSError as error:
        raise SandboxError(f"{file.name} cannot be read: {error.strerror}", "correct the file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)  # the error's own text quotes the line, which may hold a secret
        line = f" in line {mark.line + 1}" if mark else ""
        raise SandboxError(f"{file.name} is no YAML{line}", "correct the file; `keystead check` says more") from None
    if not isinstance(document, dict):
        raise SandboxError(f"{file.name} is not a mapping", "correct the file")
    return document
