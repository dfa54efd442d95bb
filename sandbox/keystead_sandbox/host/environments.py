"""Which environments the stack files declare, and where each one lives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from keystead_sandbox.common.errors import SandboxError, UsageError


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """Where an environment lives on AWS."""

    account: str
    region: str

    cloud: ClassVar[str] = "aws"

    @property
    def identity(self) -> str:
        """What tells it from other accounts."""
        return self.account

    def __str__(self) -> str:
        return f"AWS account {self.account}"


@dataclass(frozen=True, slots=True)
class GcpProject:
    """Where an environment lives on GCP."""

    project: str
    number: str
    location: str

    cloud: ClassVar[str] = "gcp"

    @property
    def identity(self) -> str:
        """What tells it from other projects."""
        return self.project

    def __str__(self) -> str:
        return f"GCP project {self.project}"


Home = AwsAccount | GcpProject
"""Where an environment lives on one cloud; environments that share it share its process."""


@dataclass(frozen=True, slots=True)
class Environment:
    """As much of one environment as local clouds need; the spec itself is the program's to check."""

    name: str
    colour: str
    tier: str
    aws: AwsAccount | None = None
    gcp: GcpProject | None = None

    def homes(self) -> Iterator[Home]:
        """Where it lives, on one cloud or on both."""
        yield from (home for home in (self.aws, self.gcp) if home)


COLOURS = {"low": "green", "standard": "yellow", "high": "magenta", "critical": "red"}
"""By tier, in the order in which environments are shown."""
ADVICE = {
    "region": "name an AWS region",
    "number": "write the project's number in quotes; `gcloud projects describe` tells it",
    "location": "name a GCP region, or global",
}
PROJECT, NUMBER = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"), re.compile(r"\d{6,19}")


def declared(stacks: Path) -> dict[str, Environment]:
    """Every `Pulumi.<name>.yaml` that names an AWS account or a GCP project."""
    base = _read(stacks / "base.yaml") if (stacks / "base.yaml").exists() else {}
    found = {}
    for file in sorted(stacks.glob("Pulumi.*.yaml")):
        name = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        spec = (_read(file).get("config") or {}).get("keystead:environment") or {}
        aws, gcp = _merged(base, spec, "aws"), _merged(base, spec, "gcp")
        tier = str(spec.get("tier", base.get("tier")))
        colour = str(spec.get("colour") or COLOURS.get(tier, "cyan"))
        account = AwsAccount(*_taken(file, aws, "aws", "account", "region")) if aws.get("account") else None
        project = GcpProject(*_project(file, gcp)) if gcp.get("project") else None
        if account or project:
            found[name] = Environment(name, colour, tier, account, project)
    if not found:
        problem = f"no stack file in {stacks} names an AWS account or a GCP project"
        raise SandboxError(problem, "add Pulumi.<environment>.yaml")
    order = list(COLOURS)
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].tier) if item[1].tier in order else 9))


def chosen(stacks: Path, names: list[str] | None) -> list[Environment]:
    """The named environments, or all of them."""
    known = declared(stacks)
    for name in names or []:
        if name not in known:
            raise UsageError(f"no environment {name!r}", f"choose among {', '.join(known)}")
    return [known[name] for name in names or known]


def _merged(base: dict[str, Any], spec: dict[str, Any], cloud: str) -> dict[str, Any]:
    taken_away = cloud in spec and spec[cloud] is None
    return {} if taken_away else {**_mapping(base, cloud), **_mapping(spec, cloud)}


def _project(file: Path, gcp: dict[str, Any]) -> tuple[str, str, str]:
    project, number, location = _taken(file, gcp, "gcp", "project", "number", "location")
    if not PROJECT.fullmatch(project) or not NUMBER.fullmatch(number):
        problem = f"{file.name}: keystead:environment.gcp: {project!r} with number {number!r} is not a valid project"
        raise SandboxError(problem, "`keystead check` says what is allowed")
    return project, number, location


def _taken(file: Path, section: dict[str, Any], cloud: str, *keys: str) -> Iterator[str]:
    for key in keys:
        if not section.get(key):
            raise SandboxError(f"{file.name}: keystead:environment.{cloud}.{key} is missing", ADVICE[key])
        yield str(section[key])


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
        raise SandboxError(
            f"{file.name} is not valid YAML{line}", "correct the file; run `keystead check` for details"
        ) from None
    if not isinstance(document, dict):
        raise SandboxError(f"{file.name} is not a mapping", "correct the file")
    return document
