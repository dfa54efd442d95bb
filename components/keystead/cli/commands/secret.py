"""`keystead secret`: the way in for a value that only a person can provide, and the way back for a deleted secret."""

from collections.abc import Sequence
from typing import Annotated

import typer

from keystead.cli.options import EndPrevious, Environment, Stacks, command_app
from keystead.cli.terminal import progress
from keystead.cli.value import take_value
from keystead.model.clouds import TITLES
from keystead.model.errors import KeysteadError
from keystead.operations import restoration
from keystead.operations.selection import directory_of, environments_in
from keystead.operations.specs import load_valid
from keystead.operations.values import ValueDelivery, Written

app = command_app()


@app.callback()
def secret() -> None:
    """Store the values of secrets that a person provides, and bring deleted secrets back."""


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def put(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret in the spec.")],
    env: Environment,
    end_previous: EndPrevious = False,
    stacks: Stacks = None,
) -> None:
    """Store a new value of a secret, taken from standard input or from a hidden prompt.

    The value goes straight to the store of the environment's own account or project, on every cloud that the secret
    lives on, and becomes the current one; the one before stays readable through the overlap. Within the overlap of the
    value before it is refused without --end-previous, since that one would end at once. One line end after a value
    from standard input is dropped, nothing else. Only for secrets with the rotator `manual`. Exit code: 0 when written,
    1 when a cloud refused, 2 when the spec, the command or the value is wrong.
    """
    _refuse_arguments(context)
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    with progress(f"checking {name} in {env}"):
        delivery = ValueDelivery(spec, name, end_previous=end_previous)
    value = take_value(name)
    with progress(f"writing {name} in {env}"):
        written = delivery.write(value)
    typer.echo(_told(written))


@app.command()
def restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret in the spec.")],
    env: Environment,
    stacks: Stacks = None,
) -> None:
    """Bring back a secret that was deleted and declared again, with its values, within its recovery window on AWS.

    It prints the commands by which the stack takes the secret over. Run `pulumi up` before: it stops at the name that
    the deleted secret still holds, and makes what the secret belongs to. GCP deletes at once; a secret on both clouds
    gets its values there from AWS. Exit code: 0 when restored, 1 when the cloud refused, 2 when the spec or the command
    is wrong.
    """
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    with progress(f"restoring {name} in {env}"):
        restored = restoration.restore(spec, name, directory)
    typer.echo("\n".join([f"{restored.stored_as}: restored. Its stack takes it over with:", *restored.commands]))


def _refuse_arguments(context: typer.Context) -> None:
    if context.args:
        raise KeysteadError(
            "only NAME, --env, --end-previous and --stacks can be given as arguments. If the rest was meant as the "
            "value: arguments are seen by every process of this machine and kept in the shell's history, so treat that "
            "value as leaked. "
            "Nothing was written; give the value on standard input, or run without one to be asked for it."
        )


def _told(written: Sequence[Written]) -> str:
    lines = []
    for part in written:
        where = f" on {TITLES[part.cloud]}" if len(written) > 1 else ""
        readers = ", ".join(f"{account} ({restriction})" for account, restriction in part.readers.items())
        lines += [
            f"{part.stored_as}: version {part.version} is current{where}.",
            f"Readers that get it{where}: {readers or 'none'}.",
        ]
    return "\n".join(lines)
