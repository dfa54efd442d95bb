"""Options that several commands share, so that they mean the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Environments = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="E", help="Only this environment; can be repeated. [default: all]"),
]
Environment = Annotated[str, typer.Option("--env", "-e", metavar="E", help="The environment to act on.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
EndPrevious = Annotated[
    bool, typer.Option("--end-previous", help="Within an overlap, too: the value before the current one ends at once.")
]
Stacks = Annotated[
    Path | None,
    typer.Option("--stacks", metavar="DIR", help="Directory of the stack files. [default: stacks, here or above]"),
]


def command_app() -> typer.Typer:
    """Return what the functions of one command, or of a group of commands, are registered with."""
    return typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
