"""The command's frame: its commands, its exit codes, and what it never shows."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from keystead.functions.shared.redaction import install
from keystead.model.errors import CloudError, KeysteadError

COMMANDS = {
    "status": "Show keys, secrets, readers and rotations.",
    "rotate": "Give a secret a new value now.",
    "check": "Check the specs of all environments.",
    "schema": "Print the JSON Schema of stack files.",
    "secret": "Store a value of a secret, or restore it.",
    "policy": "Check stacks against the policy pack.",
    "sandbox": "Run the stacks on local clouds.",
}
"""Every command by name, with its line in the help; it is defined by `app` in the module of that name."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it: 128 and the number of the signal."""


class Frame(TyperGroup):
    """Imports a command when it is chosen, and shows an error as one message.

    Exit code 1 when a cloud is at fault, 2 when the spec or the command is, 130 when Ctrl-C ended it. Help, completion
    of names and suggestions need no command's module, and so none of boto3, Google's clients and models of the spec.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, help=line, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the chosen command itself, in place of the line that stands for it."""
        name, line, rest = super().resolve_command(ctx, args)
        return name, line and command_of(line), rest

    def invoke(self, ctx: Any) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KeysteadError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1 if isinstance(error, CloudError) else 2) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None


def command_of(line: Any) -> Any:
    """Import the command that a line of the help stands for."""
    command = typer.main.get_command(import_module(f"keystead.cli.commands.{line.name}").app)
    command.name, command.short_help = line.name, line.help
    return command


app = typer.Typer(
    cls=Frame, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.callback()
def keystead() -> None:
    """Key management as code: look at environments, rotate secrets, and store the values that a person provides."""
    install()
