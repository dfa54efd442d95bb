"""`keystead status`: what every environment holds, who reads it, and when it rotates."""

import json

import typer

from keystead.cli.options import Environments, Json, Stacks, command_app
from keystead.cli.render.console import results
from keystead.cli.render.status_document import document
from keystead.cli.render.status_table import show
from keystead.cli.terminal import progress
from keystead.functions.shared.clock import now as present
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid
from keystead.operations.status import EnvironmentStatus, statuses

app = command_app()


@app.command()
def status(env: Environments = None, as_json: Json = False, stacks: Stacks = None) -> None:
    """Show keys, secrets, readers and rotations of every environment, live from the cloud.

    It reads descriptions only, never a value. Exit code: 0 when all is well (waiting for a person is well), 1 when
    something is missing, late, failed, about to be deleted or cannot be reached, an alarm is raised, or a cloud holds a
    key or secret of the environment that is not in the spec, 2 when the spec or the command is wrong.

    --json prints {version, now, problems, environments: [{environment, tier, cloud: {account, region}, failure,
    problems, alarms, orphans: [{cloud, kind, stored_as}], to_do, keys: [{name, alias, use, protected,
    rotation_days, next_rotation, state, text}], secrets: [{name, stored_as, purpose, owner, key, rotator, readers:
    [{name, restriction}], last_rotation, next_rotation, overlap_until, schedule, state, text}]}]}. Times are ISO 8601
    in UTC, or null. `schedule` is the store's own rule, or null where it does not rotate the secret. `state` is one of
    current, overlap, waiting, reminder, late, failed, lagging, disabled, deleting, missing; `text` is for people and
    may change.
    """
    directory = directory_of(stacks)
    specs = load_valid(environments_in(directory, env or []), directory)
    now = present()
    found: list[EnvironmentStatus] = []
    console = results()
    for status in statuses(specs, now, progress):
        found.append(status)
        if not as_json:
            show(console, status)
    if as_json:
        typer.echo(json.dumps(document(found, now), indent=2))
    if any(status.problems for status in found):
        raise typer.Exit(1)
