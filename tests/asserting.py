"""Which test functions can fail: those that assert, or call a helper of the tests that does."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
WORDS = ("raises", "warns", "fail", "run_state_machine_as_test")
"""Calls of pytest and hypothesis that fail a test."""


def functions(file: Path) -> Iterator[Function]:
    """Every function and method of a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def called(function: Function) -> set[str]:
    """The last names of what it calls."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {one.attr if isinstance(one, ast.Attribute) else one.id for one in calls if isinstance(one, _NAMED)}


_NAMED = ast.Attribute | ast.Name


def without_assertion(files: Iterable[Path]) -> list[str]:
    """Tests that neither assert nor call, directly or through others, what asserts."""
    found = [(file, function, called(function)) for file in files for function in functions(file)]
    asserts = {function for _, function, _ in found if any(isinstance(node, ast.Assert) for node in ast.walk(function))}
    known = {*WORDS, *(function.name for function in asserts)}
    while new := {function.name for _, function, calls in found if calls & known} - known:
        known |= new
    return [
        f"{file.name}:{function.lineno} {function.name}"
        for file, function, calls in found
        if function.name.startswith("test_") and function not in asserts and not calls & known
    ]
