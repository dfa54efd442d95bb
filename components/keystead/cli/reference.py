"""What is generated for readers: the component table of the README, and the reference of the commands."""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pulumi
import typer
from typer.cli import get_docs_for_click

import keystead
from keystead.cli.main import app
from keystead.environment import Environment
from keystead.model.clouds import CLOUDS

START, END = "<!-- components -->", "<!-- /components -->"


def components() -> Iterator[type[pulumi.ComponentResource]]:
    """Every component, the environment first, then those of each cloud by module."""
    yield Environment
    root = Path(keystead.__file__).parent
    for path in sorted(path for cloud in CLOUDS for path in (root / cloud).glob("[!_]*.py")):
        module = importlib.import_module(f"keystead.{path.parent.name}.{path.stem}")
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, pulumi.ComponentResource) and found.__module__ == module.__name__:
                yield found


def table() -> str:
    """The table in Markdown: what each component promises, and its outputs."""
    rows = ["| component | promises | outputs |", "|---|---|---|"]
    for component in components():
        promise = " ".join(inspect.cleandoc(component.__doc__ or "").partition("\n\n")[0].split())
        outputs = ", ".join(f"`{name}`" for name in component.__annotations__ if not name.startswith("_"))
        rows.append(f"| `{component.__module__}.{component.__name__}` | {promise} | {outputs} |")
    return "\n".join(rows)


def fill(text: str) -> str:
    """The README with the current table between its marks."""
    return re.sub(f"{START}.*?{END}", f"{START}\n{table()}\n{END}", text, flags=re.DOTALL)


def commands() -> str:
    """Every command with its options and exit codes, in Markdown, from what `--help` says."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="keystead"), name="keystead")
    return f"<!-- written by `make docs`; a test holds it current -->\n\n{text.rstrip()}\n"


if __name__ == "__main__":
    readme, handbook = (Path(argument) for argument in sys.argv[1:])
    readme.write_text(fill(readme.read_text(encoding="utf-8")), encoding="utf-8")
    handbook.parent.mkdir(exist_ok=True)
    handbook.write_text(commands(), encoding="utf-8")
