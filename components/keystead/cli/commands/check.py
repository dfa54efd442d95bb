"""`keystead check`: whether the stack files hold together, before anything is created."""

import json
from typing import Any

import typer

from keystead.cli.options import Environments, Json, Stacks
from keystead.cli.terminal import messages
from keystead.model.errors import SpecError
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_each
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.neighbours import crowded


def check(env: Environments = None, as_json: Json = False, stacks: Stacks = None) -> None:
    """Check the specs of all environments and report every problem at once; no cloud is asked.

    Environments in one account have to say so: shared: true in each of them. What is weaker than the tier's default is
    said, and is no problem. Exit code: 0 when all are right, 2 when one is wrong. --json prints {version, valid,
    environments: [{environment, valid, relaxed, problems: [{path, text, origin}]}]}.
    """
    directory = directory_of(stacks)
    names = environments_in(directory, env or [])
    specs, errors = load_each(names, directory)
    around, _ = load_each(environments_in(directory, []), directory)
    errors += [error for spec in specs if (error := crowded(spec, around))]
    specs = [spec for spec in specs if spec.environment not in {error.environment for error in errors}]
    if as_json:
        typer.echo(json.dumps(_document(names, specs, errors), indent=2))
    else:
        _print(specs, errors)
    if errors:
        raise typer.Exit(2)


def _print(specs: list[EnvironmentSpec], errors: list[SpecError]) -> None:
    for spec in specs:
        typer.echo(f"environment {spec.environment}: no problem")
        for line in spec.relaxations():
            typer.echo(f"  relaxed: {line}")
    for error in errors:
        messages().print(str(error), markup=False)


def _document(names: list[str], specs: list[EnvironmentSpec], errors: list[SpecError]) -> dict[str, Any]:
    relaxed = {spec.environment: spec.relaxations() for spec in specs}
    found = {error.environment: error.problems for error in errors}
    return {
        "version": 1,
        "valid": not errors,
        "environments": [
            {
                "environment": name,
                "valid": name not in found,
                "relaxed": relaxed.get(name, []),
                "problems": [
                    {"path": item.path, "text": item.text, "origin": item.origin} for item in found.get(name, ())
                ],
            }
            for name in names
        ],
    }
