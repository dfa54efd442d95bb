"""`keystead schema`: the JSON Schema of stack files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from keystead.cli.options import Stacks, command_app
from keystead.operations.schema import schema_text, write_schema
from keystead.operations.selection import directory_of

Write = Annotated[bool, typer.Option("--write", help="Write it beside the stack files, where they refer to it.")]

app = command_app()


@app.command()
def schema(write: Write = False, stacks: Stacks = None) -> None:
    """Print the JSON Schema of base.yaml and the stack files, so that editors complete and check them."""
    if not write:
        typer.echo(schema_text(), nl=False)
        return
    file, changed = write_schema(directory_of(stacks))
    typer.echo(f"{_shown(file)}: {'written' if changed else 'was current'}")


def _shown(file: Path) -> Path:
    """Return the path as a person at the current directory would write it."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
