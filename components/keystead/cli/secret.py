"""`keystead secret put`: the way in for a value that only a person can bring."""

import re
from difflib import get_close_matches
from typing import Annotated

import typer

from keystead.cli.aws.store import Store
from keystead.cli.options import Environment, Stacks
from keystead.cli.selection import directory_of, environments_in
from keystead.cli.specs import load_valid
from keystead.cli.terminal import progress
from keystead.cli.value import take_value
from keystead.errors import KeysteadError
from keystead.spec import EnvironmentSpec, Secret

NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
"""What a secret's name looks like; anything else may be a value and is not repeated on the screen."""

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

    The value goes straight to the store of the environment's own account and becomes the current one; the one before
    stays readable through the overlap. One line end after a value from standard input is dropped, nothing else. Only
    for secrets with the rotator `manual`. Exit code: 0 when written, 1 when the cloud refused, 2 when the spec, the
    command or the value is wrong.
    """
    _refuse_arguments(context)
    directory = directory_of(stacks)
    spec = load_valid(environments_in(directory, [env]), directory)[0]
    declared = _find(spec, name)
    with progress(f"asking {env}"):
        store = Store(spec, name)
        store.require()
    value = take_value(name)
    with progress(f"writing to {env}"):
        version = store.write(value)
    typer.echo(_written(spec, name, declared, version))


def _refuse_arguments(context: typer.Context) -> None:
    if context.args:
        raise KeysteadError(
            "only NAME, --env and --stacks can be given as arguments. If the rest was meant as the value: arguments "
            "are seen by every process of this machine and kept in the shell's history, so treat that value as leaked. "
            "Nothing was written; give the value on standard input, or run without one to be asked for it."
        )


def _find(spec: EnvironmentSpec, name: str) -> Secret:
    if not NAME.fullmatch(name):
        raise KeysteadError(
            "NAME is not the name of a secret (small letters, digits and hyphens). It is not repeated here, in case it "
            "is a value; if it is, treat it as leaked: arguments can be seen by every process of this machine."
        )
    declared = spec.secrets.get(name)
    if declared is None:
        close = get_close_matches(name, spec.secrets, 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(sorted(spec.secrets))}."
        raise KeysteadError(f"{spec.environment}: the spec has no secret of that name. {hint}")
    if declared.rotation.rotator != "manual":
        stored_as = spec.aws_scope().secret_name(name)
        raise KeysteadError(
            f"{spec.environment}: {name} is rotated by {declared.rotation.rotator!r}, so nobody brings its value. "
            f"To replace it at once, as after a leak: aws secretsmanager rotate-secret --secret-id {stored_as}. "
            "To bring it by hand from now on, set its rotation.rotator to manual."
        )
    return declared


def _written(spec: EnvironmentSpec, name: str, declared: Secret, version: str) -> str:
    scope = spec.aws_scope()
    readers = [
        f"{scope.reader_role(reader)} ({given.restriction or 'anywhere'})" for reader, given in declared.readers.items()
    ]
    return "\n".join(
        [
            f"{scope.secret_name(name)}: version {version} is current.",
            f"Readers that get it: {', '.join(readers) or 'none'}.",
        ]
    )
