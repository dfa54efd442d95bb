"""Which test functions can fail: those that assert, or call a helper of the tests that does."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
WORDS = ("raises", "warns", "fail", "run_state_machine_as_test")
"""Calls of pytest and hypothesis that fail a test."""


@dataclass(frozen=True)
class Tested:
    """A function or method of a file of tests."""

    file: Path
    node: Function
    calls: frozenset[str]
    """The last names of what it calls."""
    asserts: bool


def functions(file: Path) -> Iterator[Tested]:
    """Every function and method of a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            inner = [*ast.walk(node)]
            called = [each.func for each in inner if isinstance(each, ast.Call)]
            names = frozenset(
                each.attr if isinstance(each, ast.Attribute) else each.id for each in called if isinstance(each, _NAMED)
            )
            yield Tested(file, node, names, any(isinstance(each, ast.Assert) for each in inner))


_NAMED = ast.Attribute | ast.Name


def without_assertion(files: Iterable[Path]) -> list[str]:
    """Tests that neither assert nor call, directly or through others, what asserts."""
    found = [function for file in files for function in functions(file)]
    known = {*WORDS, *(function.node.name for function in found if function.asserts)}
    while new := {function.node.name for function in found if function.calls & known} - known:
        known |= new
    return [
        f"{function.file.name}:{function.node.lineno} {function.node.name}"
        for function in found
        if function.node.name.startswith("test_") and not function.asserts and not function.calls & known
    ]
