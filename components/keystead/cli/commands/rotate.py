"""`keystead rotate`: a new value now, as after a leak, or once more where a rotation used up its tries."""

import json
import time
from typing import Annotated, Any

import typer

from keystead.cli.options import Environment, Json, Stacks
from keystead.cli.terminal import messages, progress
from keystead.functions.shared.clock import now
from keystead.model.duration import format_duration
from keystead.model.errors import CloudError, KeysteadError
from keystead.operations.aws.rotation import Turn as AwsTurn
from keystead.operations.declared import declared
from keystead.operations.gcp.rotation import Turn as GcpTurn
from keystead.operations.gcp.rotation import follows
from keystead.operations.mirrored import FOLLOWER
from keystead.operations.places import stored_as, title_of
from keystead.operations.rotation_request import Order, Sight, Turn, watched
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid
from keystead.spec.environment import EnvironmentSpec

PATIENCE = 600
"""Seconds: longer than any rotation that goes well, retries of throttled calls included."""

NoWait = Annotated[bool, typer.Option("--no-wait", help="Order the rotation and do not wait for its end.")]
Patience = Annotated[int, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long to wait for its end.")]


def rotate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret in the spec.")],
    env: Environment,
    no_wait: NoWait = False,
    timeout: Patience = PATIENCE,
    as_json: Json = False,
    stacks: Stacks = None,
) -> None:
    """Give a secret a new value now, and wait until it is current; the one before stays readable through the overlap.

    A rotation that has not finished is taken up again instead of starting another. A secret on both clouds is rotated
    by AWS, which gives the value to GCP. Not for secrets with the rotator `manual`. Exit code: 0 when the new value is
    current (with --no-wait: ordered), 1 when the cloud refused, the rotation failed or did not end in time, 2 when the
    spec or the command is wrong.

    --json prints {version, environment, secret, stored_as, cloud, before, current, reason, result, follower}; `cloud`
    is the one that rotates, `before` and `current` are names of versions, `result` is one of ordered, rotated, failed,
    unfinished, and `follower`, for a secret on both clouds, one of holds, lags, not seen.
    """
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    if declared(spec, name).rotation.rotator == "manual":
        raise KeysteadError(
            f"{env}: a person brings the value of {name}, no machine can. Give it a new one with: "
            f"keystead secret put {name} --env {env}"
        )
    with progress(f"asking {env}"):
        turn: Turn = AwsTurn(spec, name) if "aws" in spec.secrets[name].clouds else GcpTurn(spec, name)
        since = now()
        order = turn.order()
    if order.again:
        messages().print(f"{name}: an earlier rotation has not finished; it is tried again.", markup=False)
    sight = Sight()
    if not no_wait:
        with progress(f"rotating {name} in {env}"):
            sight = watched(turn, order, since, timeout, pause=time.sleep)
    result = "ordered" if no_wait else "rotated" if sight.current else "failed" if sight.failure else "unfinished"
    follower = _follower(spec, name, sight.current) if sight.current and spec.mirrored(name) else None
    if as_json:
        typer.echo(json.dumps(_document(spec, name, order, sight) | {"result": result, "follower": follower}, indent=2))
    if sight.current is None and not no_wait:
        told = f"failed: {sight.failure}" if sight.failure else f"has not ended within {timeout} s"
        raise CloudError(f"{env}: the rotation of {name} {told}. The current value still works. {turn.way_out(order)}")
    if not as_json:
        typer.echo(_told(spec, name, order, sight))


def _told(spec: EnvironmentSpec, name: str, order: Order, sight: Sight) -> str:
    held = stored_as(spec, spec.secrets[name].clouds[0], name)
    if sight.current is None:
        return f"{held}: rotation ordered. See how it goes with: keystead status --env {spec.environment}"
    overlap = format_duration(spec.secrets[name].rotation.overlap)
    before = f" The one before, {order.before}, stays readable for {overlap}." if order.before else ""
    return f"{held}: version {sight.current} is current.{before}"


def _follower(spec: EnvironmentSpec, name: str, version: str) -> str:
    """Say whether GCP has the new value of a secret on both clouds, too: holds, lags, or not seen."""
    try:
        held = follows(spec, name, version)
    except CloudError as error:
        messages().print(f"{title_of(spec, FOLLOWER)}: {error}", markup=False)
        return "not seen"
    if not held:
        text = "does not hold the new value yet; the rotator's sweep brings it within the hour."
        messages().print(f"{title_of(spec, FOLLOWER)} {text}", markup=False)
    return "holds" if held else "lags"


def _document(spec: EnvironmentSpec, name: str, order: Order, sight: Sight) -> dict[str, Any]:
    leader = spec.secrets[name].clouds[0]
    return {
        "version": 1,
        "environment": spec.environment,
        "secret": name,
        "stored_as": stored_as(spec, leader, name),
        "cloud": leader,
        "before": order.before,
        "current": sight.current,
        "reason": sight.failure,
    }
