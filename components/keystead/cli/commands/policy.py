"""`keystead policy`: the policy pack over what a stack holds, without running its program."""

import json
from pathlib import Path
from typing import Annotated

import typer

from keystead.cli.options import Json, Stacks, command_app
from keystead.cli.terminal import progress
from keystead.operations.policy import check_stack, rules_of
from keystead.operations.selection import directory_of

app = command_app()

Stack = Annotated[
    str, typer.Option("--stack", "-s", metavar="S", help="The stack to check. [default: the stack of --state]")
]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="FILE", help="Check this file of `pulumi stack export` and ask no engine."),
]
PackDirectory = Annotated[
    Path | None,
    typer.Option("--pack", metavar="DIR", help="Directory of the policy pack. [default: policies beside the stacks]"),
]
Sarif = Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0, for code scanning.")]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, for pipelines.")]


@app.callback()
def policy() -> None:
    """Check stacks against the rules of the policy pack."""


@app.command()
def check(
    stack: Stack = "",
    state: State = None,
    sarif: Sarif = None,
    junit: Junit = None,
    as_json: Json = False,
    pack: PackDirectory = None,
    stacks: Stacks = None,
) -> None:
    """Check what a stack holds now against every rule of the policy pack, with the settings and waivers of its file.

    It reads the state alone: no program runs, no cloud is asked, no value is decrypted. What the state holds encrypted
    is not checked, and is listed. Exit code: 0 when nothing would stop `pulumi up`, 1 when something would, 2 when the
    spec or the command is wrong or the state cannot be read.

    --json prints {version, pack, stack, stage, source, resources, failed, findings: [{id, rule, topic, severity, level,
    controls, link, fix, resource: {urn, type, name}, message, waiver}]}; `level` is mandatory or advisory, and `id`
    stays as long as the rule and the resource's URN do.
    """
    reports = {option: file for option, file in (("--sarif", sarif), ("--junit", junit)) if file}
    report = check_stack(directory_of(stacks), pack, stack, state, reports, progress)
    if as_json:
        typer.echo(json.dumps(report.found, indent=2))
    else:
        # Imported here: rich takes longer than all else of this command.
        from keystead.cli.render.console import results  # noqa: PLC0415
        from keystead.cli.render.policy_table import WHOLE_LINES, show  # noqa: PLC0415

        show(results(WHOLE_LINES), report.found, report.colour)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def rules(as_json: Json = False, pack: PackDirectory = None, stacks: Stacks = None) -> None:
    """List the rules of the policy pack: id, severity and what holds where nothing is found.

    --json prints [{id, cloud, topic, severity, description, fix, controls, link, types, options, levels, repairs}].
    """
    found = rules_of(directory_of(stacks) if pack is None else None, pack)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for rule in found:
        typer.echo(f"{rule['id']} ({rule['severity']}): {rule['description']}")
