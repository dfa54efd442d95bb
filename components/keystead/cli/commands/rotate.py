"""`keystead rotate`: a new value now, as after a leak, or once more where a rotation used up its tries."""

import json
from typing import Annotated, Any

import typer

from keystead.cli.options import EndPrevious, Environment, Json, Stacks, command_app
from keystead.cli.terminal import notice, progress
from keystead.model.duration import format_duration
from keystead.model.errors import CloudError
from keystead.operations.rotation import Result, RotationReport
from keystead.operations.rotation import rotate as rotate_secret
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid

PATIENCE = 600
"""Seconds: longer than any rotation that goes well, retries of throttled calls included."""

NoWait = Annotated[bool, typer.Option("--no-wait", help="Request the rotation and do not wait for its end.")]
Patience = Annotated[int, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long to wait for its end.")]

app = command_app()


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret in the spec.")],
    env: Environment,
    no_wait: NoWait = False,
    end_previous: EndPrevious = False,
    timeout: Patience = PATIENCE,
    as_json: Json = False,
    stacks: Stacks = None,
) -> None:
    """Give a secret a new value now, and wait until it is current; the one before stays readable through the overlap.

    A rotation that has not finished is continued instead of starting another. Within the overlap of the rotation before
    it is refused without --end-previous: a store keeps one value beside the current, and the one before would end at
    once. AWS leads the rotation of a mirrored secret and gives the value to GCP. Not for secrets with the rotator
    `manual`. Exit code: 0 when the new value is current (with --no-wait: requested), 1 when the cloud refused, a value
    would end, or the rotation failed or did not end in time, 2 when the spec or the command is wrong.

    --json prints {version, environment, secret, stored_as, cloud, before, current, reason, result, follower}; `cloud`
    is the one that rotates, `before` and `current` are names of versions, `result` is one of ordered, rotated, failed,
    unfinished, and `follower`, for a mirrored secret, one of holds, lags, not seen.
    """
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    try:
        report = rotate_secret(spec, name, None if no_wait else timeout, progress, notice, end_previous=end_previous)
    except KeyboardInterrupt:
        notice(f"A rotation that was requested goes on. See how it ends with: keystead status --env {env}")
        raise
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
    if report.result in (Result.FAILED, Result.UNFINISHED):
        told = f"failed: {report.reason}" if report.reason else f"has not ended within {timeout} s"
        raise CloudError(f"{env}: the rotation of {name} {told}. The current value still works. {report.advice}")
    if not as_json:
        typer.echo(_told(report))


def _told(report: RotationReport) -> str:
    if report.current is None:
        return (
            f"{report.stored_as}: rotation requested. See how it goes with: "
            f"keystead status --env {report.spec.environment}"
        )
    overlap = format_duration(report.spec.secrets[report.secret].rotation.overlap)
    before = f" The one before, {report.before}, stays readable for {overlap}." if report.before else ""
    return f"{report.stored_as}: version {report.current} is current.{before}"


def _document(report: RotationReport) -> dict[str, Any]:
    return {
        "version": 1,
        "environment": report.spec.environment,
        "secret": report.secret,
        "stored_as": report.stored_as,
        "cloud": report.cloud,
        "before": report.before,
        "current": report.current,
        "reason": report.reason,
        "result": report.result,
        "follower": report.follower,
    }
