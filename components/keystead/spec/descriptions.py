"""Descriptions of the spec's fields: the docstring under each, read from the source when it is needed.

Messages and the JSON Schema need them. pydantic's `use_attribute_docstrings` would read them when each class is made,
which takes a quarter of the time to load a spec.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from keystead.model.section import Section


def descriptions_of(section: type[Section]) -> dict[str, str]:
    """Return the description of each field by its name, inherited ones included."""
    found: dict[str, str] = {}
    for ancestor in reversed(section.__mro__):
        if issubclass(ancestor, Section):
            found |= _in_module(ancestor.__module__).get(ancestor.__qualname__, {})
    return {name: found[name] for name in section.model_fields if name in found}


@cache
def _in_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the descriptions in a module by the name of their class."""
    file = sys.modules[name].__file__
    tree = ast.parse(Path(file).read_text(encoding="utf-8")) if file else ast.Module([], [])
    return {node.name: dict(_described(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _described(section: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(section.body, section.body[1:], strict=False):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                yield name, inspect.cleandoc(text)
