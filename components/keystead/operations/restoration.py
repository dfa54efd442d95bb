"""Brings a deleted secret back, and says how its stack takes it over."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from keystead.model.clouds import TITLES
from keystead.model.errors import KeysteadError
from keystead.operations.aws.restoration import adoption
from keystead.operations.aws.restoration import restore as restore_on_aws
from keystead.operations.declared import declared
from keystead.spec.environment import EnvironmentSpec

PROJECT_FILE = "Pulumi.yaml"


@dataclass(frozen=True)
class Restored:
    """A secret that is back."""

    stored_as: str
    commands: list[str]
    """What is left to do, in order."""


def restore(spec: EnvironmentSpec, name: str, directory: Path) -> Restored:
    """Restore a secret of the spec on the cloud that has a recovery window, from the project around the stack files."""
    if "aws" not in declared(spec, name).clouds:
        raise KeysteadError(
            f"{spec.environment}: {name} is on {TITLES['gcp']} alone, which deletes a secret at once and keeps nothing "
            f"to restore. Make it anew with: pulumi up -s {spec.environment}"
        )
    project = project_of(directory)
    arn = restore_on_aws(spec, name)
    commands = [adoption(spec, name, project, arn), f"pulumi up -s {spec.environment}"]
    return Restored(spec.scope("aws").secret_name(name), commands)


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
