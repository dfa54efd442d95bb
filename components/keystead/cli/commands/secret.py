"""`keystead secret put`: the way in for a value that only a person can bring."""

from collections.abc import Mapping
from typing import Annotated

import typer

from keystead.cli.options import Environment, Stacks
from keystead.cli.terminal import progress
from keystead.cli.value import take_value
from keystead.model.clouds import TITLES, Cloud
from keystead.model.errors import KeysteadError
from keystead.operations.declared import declared
from keystead.operations.delivery import Delivery
from keystead.operations.places import from_where, reader_account, stored_as
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid
from keystead.spec.environment import EnvironmentSpec

app = typer.Typer(help="Give secrets their values.", no_args_is_help=True)


@app.callback()
def secret() -> None:
    """Give secrets their values."""


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def put(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret in the spec.")],
    env: Environment,
    stacks: Stacks = None,
) -> None:
    """Store a new value of a secret, taken from standard input or from a hidden prompt.

    The value goes straight to the store of the environment's own account or project, on every cloud that the secret
    lives on, and becomes the current one; the one before stays readable through the overlap. One line end after a value
    from standard input is dropped, nothing else. Only for secrets with the rotator `manual`. Exit code: 0 when written,
    1 when a cloud refused, 2 when the spec, the command or the value is wrong.
    """
    _refuse_arguments(context)
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    _refuse_rotated(spec, name)
    with progress(f"asking {env}"):
        delivery = Delivery(spec, name)
        delivery.require()
    value = take_value(name)
    with progress(f"writing to {env}"):
        versions = delivery.write(value)
    typer.echo(_written(spec, name, versions))


def _refuse_arguments(context: typer.Context) -> None:
    if context.args:
        raise KeysteadError(
            "only NAME, --env and --stacks can be given as arguments. If the rest was meant as the value: arguments "
            "are seen by every process of this machine and kept in the shell's history, so treat that value as leaked. "
            "Nothing was written; give the value on standard input, or run without one to be asked for it."
        )


def _refuse_rotated(spec: EnvironmentSpec, name: str) -> None:
    rotator = declared(spec, name).rotation.rotator
    if rotator != "manual":
        raise KeysteadError(
            f"{spec.environment}: {name} is rotated by {rotator!r}, so nobody brings its value. "
            f"To replace it at once, as after a leak: keystead rotate {name} --env {spec.environment}. "
            "To bring it by hand from now on, set its rotation.rotator to manual."
        )


def _written(spec: EnvironmentSpec, name: str, versions: Mapping[Cloud, str]) -> str:
    lines = []
    for cloud, version in versions.items():
        where = f" on {TITLES[cloud]}" if len(versions) > 1 else ""
        readers = [
            f"{reader_account(spec, cloud, reader)} ({from_where(given, [cloud])})"
            for reader, given in spec.secrets[name].readers_on(cloud).items()
        ]
        lines += [
            f"{stored_as(spec, cloud, name)}: version {version} is current{where}.",
            f"Readers that get it{where}: {', '.join(readers) or 'none'}.",
        ]
    return "\n".join(lines)
