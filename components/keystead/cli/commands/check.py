"""`keystead check`: whether the stack files hold together, before anything is created."""

import json
from typing import Any

import typer

from keystead.cli.options import Environments, Json, Stacks, command_app
from keystead.operations.check import CheckReport, check_environments
from keystead.operations.selection import directory_of

app = command_app()


@app.command()
def check(env: Environments = None, as_json: Json = False, stacks: Stacks = None) -> None:
    """Check the specs of all environments and report every problem at once; no cloud is asked.

    Environments that share an account or a project must all say so with shared: true. Settings weaker than the tier's
    defaults are listed; they are not problems. Exit code: 0 when all specs are valid, 2 when one is not.

    --json prints {version, valid, environments: [{environment, valid, relaxed, problems: [{path, text, origin}]}]}.
    """
    report = check_environments(directory_of(stacks), env or [])
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
    else:
        _print(report)
    if report.errors:
        raise typer.Exit(2)


def _print(report: CheckReport) -> None:
    for spec in report.valid:
        typer.echo(f"environment {spec.environment}: no problem")
        for line in spec.relaxations():
            typer.echo(f"  relaxed: {line}")
    for error in report.errors:
        typer.echo(str(error), err=True)


def _document(report: CheckReport) -> dict[str, Any]:
    relaxed = {spec.environment: spec.relaxations() for spec in report.valid}
    found = {error.environment: error.problems for error in report.errors}
    return {
        "version": 1,
        "valid": not report.errors,
        "environments": [
            {
                "environment": name,
                "valid": name not in found,
                "relaxed": relaxed.get(name, []),
                "problems": [
                    {"path": item.path, "text": item.text, "origin": item.origin} for item in found.get(name, ())
                ],
            }
            for name in report.names
        ],
    }
