"""`keystead status`: what every environment holds, who reads it, and when it rotates."""

import json

import typer

from keystead.cli.options import Environments, Json, Stacks
from keystead.cli.render.document import document
from keystead.cli.render.status_table import show
from keystead.cli.terminal import progress, results
from keystead.functions.shared.clock import now as present
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid
from keystead.operations.survey import Survey, survey


def status(env: Environments = None, as_json: Json = False, stacks: Stacks = None) -> None:
    """Show keys, secrets, readers and rotations of every environment, live from the cloud.

    It reads descriptions only, never a value. Exit code: 0 when all is well (waiting for a person is well), 1 when
    something is missing, late, failed, about to be deleted or cannot be reached, 2 when the spec or the command is
    wrong.

    --json prints {version, now, problems, environments: [{environment, tier, cloud: {account, region}, failure,
    problems, alarms, to_do, keys: [{name, alias, use, protected, rotation_days, next_rotation, state, text}],
    secrets: [{name, stored_as, purpose, owner, key, rotator, readers: [{name, restriction}], last_rotation,
    next_rotation, overlap_until, state, text}]}]}. Times are ISO 8601 in UTC, or null. `state` is one of current,
    overlap, waiting, reminder, late, failed, disabled, deleting, missing; `text` is for people and may change.
    """
    directory = directory_of(stacks)
    specs = load_valid(environments_in(directory, env or []), directory)
    now = present()
    surveys: list[Survey] = []
    console = results()
    for spec in specs:
        with progress(f"asking {spec.environment}"):
            surveys.append(survey(spec, now))
        if not as_json:
            show(console, surveys[-1])
    if as_json:
        typer.echo(json.dumps(document(surveys, now), indent=2))
    if any(item.problems for item in surveys):
        raise typer.Exit(1)
