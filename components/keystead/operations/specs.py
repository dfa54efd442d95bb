"""Loads the specs a command works on, and collects what is wrong with all of them before giving up."""

from pathlib import Path

from keystead.model.errors import KeysteadError, SpecError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import base_file, load


def load_each(names: list[str], directory: Path) -> tuple[list[EnvironmentSpec], list[SpecError]]:
    """Load every environment; a wrong one does not hide what is wrong with the next."""
    specs: list[EnvironmentSpec] = []
    errors: list[SpecError] = []
    base = base_file(directory)
    for name in names:
        try:
            specs.append(load(name, directory, base))
        except SpecError as error:
            errors.append(error)
    return specs, errors


def load_valid(names: list[str], directory: Path) -> list[EnvironmentSpec]:
    """Load every environment, or say what is wrong with all of those that are wrong."""
    specs, errors = load_each(names, directory)
    if errors:
        raise KeysteadError("\n".join(str(error) for error in errors))
    return specs
