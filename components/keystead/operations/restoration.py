"""Brings a deleted secret back, and says how its stack takes it over."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

import yaml

from keystead.model.clouds import TITLES, Cloud
from keystead.model.errors import KeysteadError
from keystead.operations.declared import declared
from keystead.spec.environment import EnvironmentSpec

PROJECT_FILE = "Pulumi.yaml"
RESTORERS: Mapping[Cloud, str] = {"aws": "keystead.operations.aws.restoration:restore"}
"""What brings a deleted secret back on each cloud that keeps one for a while, and returns what its stack runs then."""


@dataclass(frozen=True)
class Restored:
    """A secret that is back."""

    stored_as: str
    commands: list[str]
    """What is left to do, in order."""


def restore(spec: EnvironmentSpec, name: str, directory: Path) -> Restored:
    """Restore a secret of the spec on the clouds that have a recovery window, in the project around the stack files."""
    clouds = declared(spec, name).clouds
    able = [cloud for cloud in clouds if cloud in RESTORERS]
    if not able:
        raise KeysteadError(
            f"{spec.environment}: {name} is on {' and '.join(TITLES[cloud] for cloud in clouds)} alone, where a secret "
            f"is deleted at once and nothing is kept. Make it anew with: pulumi up -s {spec.environment}"
        )
    project = project_of(directory)
    commands = [str(resolve_name(RESTORERS[cloud])(spec, name, project)) for cloud in able]
    stored_as = spec.scope(able[0]).secret_name(name)
    return Restored(stored_as, [*commands, f"pulumi up -s {spec.environment}"])


def project_of(directory: Path) -> str:
    """Return the name of the Pulumi project that the stack files belong to."""
    place = directory.resolve()
    for file in (place / PROJECT_FILE, place.parent / PROJECT_FILE):
        if file.is_file():
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
            if isinstance(found, dict) and isinstance(found.get("name"), str):
                return str(found["name"])
            raise KeysteadError(f"{file}: names no project; give it `name:`.")
    raise KeysteadError(f"no {PROJECT_FILE} in {place} or above it: the stack files belong to no Pulumi project.")
