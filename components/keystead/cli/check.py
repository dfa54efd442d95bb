"""`keystead check`: whether the stack files hold together, before anything is created."""

import json
from typing import Any

import typer

from keystead.cli.options import Environments, Json, Stacks
from keystead.cli.selection import directory_of, environments_in
from keystead.cli.specs import load_each
from keystead.cli.terminal import messages
from keystead.errors import SpecError


def check(env: Environments = None, as_json: Json = False, stacks: Stacks = None) -> None:
    """Check the specs of all environments and report every problem at once; no cloud is asked.

    Exit code: 0 when all are right, 2 when one is wrong. --json prints {version, valid, environments: [{environment,
    valid, problems: [{path, text, origin}]}]}.
    """
    directory = directory_of(stacks)
    names = environments_in(directory, env or [])
    _, errors = load_each(names, directory)
    if as_json:
        typer.echo(json.dumps(_document(names, errors), indent=2))
    else:
        _print(names, errors)
    if errors:
        raise typer.Exit(2)


def _print(names: list[str], errors: list[SpecError]) -> None:
    wrong = {error.environment for error in errors}
    for name in names:
        if name not in wrong:
            typer.echo(f"environment {name}: no problem")
    for error in errors:
        messages().print(str(error), markup=False)


def _document(names: list[str], errors: list[SpecError]) -> dict[str, Any]:
    found = {error.environment: error.problems for error in errors}
    return {
        "version": 1,
        "valid": not errors,
        "environments": [
            {
                "environment": name,
                "valid": name not in found,
                "problems": [
                    {"path": item.path, "text": item.text, "origin": item.origin} for item in found.get(name, ())
                ],
            }
            for name in names
        ],
    }
