"""`keystead schema`: the JSON Schema of stack files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from keystead.cli.options import Stacks
from keystead.model.errors import KeysteadError
from keystead.operations.selection import directory_of
from keystead.spec.json_schema import SCHEMA_FILE, schema_text

Write = Annotated[bool, typer.Option("--write", help="Write it beside the stack files, where they refer to it.")]


def schema(write: Write = False, stacks: Stacks = None) -> None:
    """Print the JSON Schema of base.yaml and the stack files, so that editors complete and check them."""
    if not write:
        typer.echo(schema_text(), nl=False)
        return
    file = directory_of(stacks) / SCHEMA_FILE
    typer.echo(f"{_shown(file)}: {'written' if _write(file) else 'was current'}")


def _write(file: Path) -> bool:
    try:
        if file.exists() and file.read_text(encoding="utf-8") == schema_text():
            return False
        file.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise KeysteadError(f"{file}: cannot be written: {error.strerror}.") from None
    return True


def _shown(file: Path) -> Path:
    """Return the path as a person at the current directory would write it."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
