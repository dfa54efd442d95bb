"""`keystead policy`: the policy pack over what a stack holds, without running its program."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from keystead.cli.options import Json, Stacks
from keystead.cli.render.policy_table import WHOLE_LINES, show
from keystead.cli.terminal import progress, results
from keystead.model.errors import KeysteadError
from keystead.operations.exported import from_engine, from_file, stack_of
from keystead.operations.pack import Pack
from keystead.operations.policy_settings import policy_settings
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Hold stacks against the policy pack's rules.")

Stack = Annotated[
    str, typer.Option("--stack", "-s", metavar="S", help="The stack to check. [default: the one --state is of]")
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
    """Hold what a stack holds now against every rule of the policy pack, with the settings and waivers of its file.

    It reads the state alone: no program runs, no cloud is asked, no value is opened. What the state holds encrypted is
    not judged, and named. Exit code: 0 when nothing would stop `pulumi up`, 1 when something would, 2 when the spec or
    the command is wrong or the state cannot be had.

    --json prints {version, pack, stack, stage, source, resources, failed, findings: [{id, rule, topic, severity, level,
    controls, link, fix, resource: {urn, type, name}, message, waiver}]}; `level` is mandatory or advisory, and `id`
    stays as long as the rule and the resource's URN do.
    """
    directory = directory_of(stacks)
    judge = Pack.beside(directory, pack)
    exported = from_file(state) if state else None
    name = _named(stack, state, exported)
    environment = environments_in(directory, [name.rsplit("/", 1)[-1]], "--stack")[0]
    spec = load_valid([environment], directory)[0]
    if exported is None:
        with progress(f"exporting the state of {name}"):
            exported = from_engine(name, directory.resolve().parent)
    exported["config"] = policy_settings(environment, directory)
    source = f"{directory.resolve().name}/Pulumi.{environment}.yaml"
    found = judge.check(exported, "--stack", environment, "--source", source, *_reports(sarif, junit))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        show(results(WHOLE_LINES), found, spec.colour)
    if found["failed"]:
        raise typer.Exit(1)


def _reports(sarif: Path | None, junit: Path | None) -> list[str]:
    files = {"--sarif": sarif, "--junit": junit}
    return [text for option, file in files.items() if file for text in (option, str(file))]


def _named(stack: str, state: Path | None, exported: dict[str, Any] | None) -> str:
    """Return the stack that is meant: the given one, which a given state has to be of, or the state's own."""
    if state is None or exported is None:
        if not stack:
            raise KeysteadError("name a stack with --stack S, or a file of `pulumi stack export` with --state FILE.")
        return stack
    own = stack_of(exported)
    if not (own or stack):
        raise KeysteadError(f"--state {state}: names no stack, since it has no resources. Give one with --stack S.")
    if own and stack and stack.rsplit("/", 1)[-1] != own:
        raise KeysteadError(f"--state {state}: is of the stack {own}, not {stack}. Leave --stack out, or give {own}.")
    return stack or own


@app.command()
def rules(as_json: Json = False, pack: PackDirectory = None, stacks: Stacks = None) -> None:
    """List the rules of the policy pack: id, severity and what holds where nothing is found.

    --json prints [{id, cloud, topic, severity, description, fix, controls, link, types, options, levels, repairs}].
    """
    judge = Pack.beside(directory_of(stacks) if pack is None else Path(), pack)
    found = judge.rules()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for rule in found:
        typer.echo(f"{rule['id']} ({rule['severity']}): {rule['description']}")
