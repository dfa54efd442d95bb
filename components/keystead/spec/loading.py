"""The typed spec of one environment, as `stacks/Pulumi.<env>.yaml` gives it over `stacks/base.yaml`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keystead.model.clouds import CLOUDS
from keystead.model.errors import Problem, SpecError
from keystead.model.names import check_environment
from keystead.spec.context import read_context
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.messages import path_of, shown, translate
from keystead.spec.stackfile import CONFIG_KEY, Place, StackFile, merge, read


def load(environment: str, directory: Path, base: StackFile | None = None) -> EnvironmentSpec:
    """Read an environment's stack file over `base.yaml` and check it; SpecError lists every problem with its line.

    `base` is that file where it was read before, as for another environment.
    """
    overlay = read(directory / f"Pulumi.{environment}.yaml", ("config", CONFIG_KEY))
    return _check(environment, overlay, base or base_file(directory))


def base_file(directory: Path) -> StackFile:
    """Read `base.yaml`, with what is wrong in it."""
    return read(directory / "base.yaml")


def read_base(directory: Path) -> dict[str, Any]:
    """Read `base.yaml` alone, for a program that has the stack's part from Pulumi's configuration."""
    base = base_file(directory)
    if base.problems:
        raise SpecError("base", [_problem(base, place, text) for place, text in base.problems])
    return base.data


def build(environment: str, overlay: Mapping[str, Any], base: Mapping[str, Any]) -> EnvironmentSpec:
    """Merge an environment's part over the base and check it; SpecError lists every problem with its file."""
    return _check(
        environment,
        StackFile(f"stacks/Pulumi.{environment}.yaml", dict(overlay)),
        StackFile("stacks/base.yaml", dict(base)),
    )


def _check(environment: str, overlay: StackFile, base: StackFile) -> EnvironmentSpec:
    problems = [_problem(file, place, text) for file in (overlay, base) for place, text in file.problems]
    if not (overlay.readable and base.readable):
        raise SpecError(environment, sorted(problems))
    data, misplaced = merge(base, overlay)
    problems += [_problem(overlay, place, text) for place, text in misplaced]
    problems += _foreign(environment, data, overlay, base)
    data.pop("environment", None)
    try:
        spec = EnvironmentSpec.model_validate(
            {**data, "environment": environment}, context=read_context(environment, data)
        )
    except ValidationError as error:
        problems += [
            _problem(overlay if overlay.reach(place) >= base.reach(place) else base, place, text)
            for place, text in translate(error, EnvironmentSpec, environment)
        ]
    if problems:
        raise SpecError(environment, sorted(set(problems)))
    return spec


def _foreign(environment: str, data: Mapping[str, Any], overlay: StackFile, base: StackFile) -> Iterator[Problem]:
    """Yield what is wrong with the name of the environment itself."""
    try:
        check_environment(environment)
    except ValueError as error:
        yield Problem(CONFIG_KEY, f"environment {shown(environment)}: its name {error}", overlay.label)
    if all(data.get(cloud) is None for cloud in CLOUDS):
        clouds = " or ".join(f"`{cloud}:`" for cloud in CLOUDS)
        yield _problem(overlay, (), f"must name a cloud that the environment lives on; add {clouds}")
    if "waivers" in base.data:
        text = "must be in the stack file, since each environment has its own findings; move it there"
        yield _problem(base, ("waivers",), text)
    if "environment" in data:
        file = overlay if "environment" in overlay.data else base
        yield _problem(file, ("environment",), "is set by the name of the stack file; remove it")


def _problem(file: StackFile, place: Place, text: str) -> Problem:
    return Problem(path_of(place), text, file.origin(place))
