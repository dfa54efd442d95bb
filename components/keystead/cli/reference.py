"""The reference of the commands: every command with its options and exit codes, from what `--help` says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from keystead.cli.main import app
from keystead.cli.render.templating import filled

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class CommandPage:
    """What the reference tells of one command."""

    level: int
    """How deep the command is: 1 for the whole."""
    path: str
    """The command as it is typed."""
    help: str
    usage: str
    sections: Mapping[str, Rows]
    """Arguments, options and commands below it, each with its text."""


def command_reference() -> str:
    """Return the reference in Markdown."""
    command = typer.main.get_command(app)
    return filled("commands.md", commands=list(_pages(command, typer.Context(command, info_name="keystead"), 1)))


def _pages(command: Any, context: typer.Context, level: int) -> Iterator[CommandPage]:
    chosen = list(_commands(command, context))
    yield CommandPage(
        level=level,
        path=context.command_path,
        help=command.help,
        usage=" ".join([context.command_path, *command.collect_usage_pieces(context)]),
        sections={
            "Arguments": _parameters(command, context, "argument"),
            "Options": _parameters(command, context, "option"),
            "Commands": [(each.name, each.get_short_help_str(limit=1_000)) for each in chosen],
        },
    )
    for each in chosen:
        yield from _pages(each, typer.Context(each, info_name=each.name, parent=context), level + 1)


def _commands(command: Any, context: typer.Context) -> Iterator[Any]:
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            yield command.resolve_command(context, [name])[1]


def _parameters(command: Any, context: typer.Context, kind: str) -> Rows:
    found = (each for each in command.get_params(context) if each.param_type_name == kind)
    return [record for each in found if (record := each.get_help_record(context))]
