"""Writes what is generated for readers: the component table of the README, the commands, the change matrix."""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi

import keystead
from keystead.changes.table import CHANGES
from keystead.changes.table.row import EFFECTS, Effect
from keystead.cli.reference import command_reference
from keystead.cli.render.templating import filled
from keystead.environment import Environment
from keystead.model.clouds import CLOUDS, TITLES

START, END = "<!-- components -->", "<!-- /components -->"


@dataclass(frozen=True, kw_only=True)
class ComponentRow:
    """What the table tells of one component."""

    name: str
    promise: str
    outputs: list[str]


def components() -> Iterator[type[pulumi.ComponentResource]]:
    """Every component, the environment first, then those of each cloud by module."""
    yield Environment
    root = Path(keystead.__file__).parent
    for path in sorted(path for cloud in CLOUDS for path in (root / cloud).glob("[!_]*.py")):
        module = importlib.import_module(f"keystead.{path.parent.name}.{path.stem}")
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, pulumi.ComponentResource) and found.__module__ == module.__name__:
                yield found


def component_table() -> str:
    """The table in Markdown: what each component promises, and its outputs."""
    rows = [
        ComponentRow(
            name=f"{component.__module__}.{component.__name__}",
            promise=" ".join(inspect.cleandoc(component.__doc__ or "").partition("\n\n")[0].split()),
            outputs=[name for name in component.__annotations__ if not name.startswith("_")],
        )
        for component in components()
    ]
    return filled("components.md", components=rows)


def with_table(readme: str) -> str:
    """The README with the current table between its marks."""
    return re.sub(f"{START}.*?{END}", lambda _: f"{START}\n{component_table()}{END}", readme, flags=re.DOTALL)


def change_matrix() -> str:
    """The page on changes of a live environment, in Markdown."""
    rows = [
        {
            "field": change.field,
            "cloud": ", ".join(TITLES[cloud] for cloud in change.clouds),
            "case": change.case,
            "effect": change.effect,
            "what": change.what,
            "lost": change.lost,
        }
        for change in CHANGES
    ]
    return filled("changes.md", effects={effect: EFFECTS[effect] for effect in Effect}, rows=rows)


if __name__ == "__main__":
    readme, handbook, matrix = (Path(argument) for argument in sys.argv[1:])
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
    handbook.parent.mkdir(exist_ok=True)
    handbook.write_text(command_reference(), encoding="utf-8")
    matrix.write_text(change_matrix(), encoding="utf-8")
