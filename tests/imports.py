"""Who imports whom among modules of our own, read from their sources."""

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path


def below(module: str, package: str) -> bool:
    """Whether a module is a package or below it."""
    return module == package or module.startswith(f"{package}.")


class Imports:
    """The modules of some packages and which of each other they import: anywhere in the file, and by import_module."""

    def __init__(self, packages: Mapping[str, Path]) -> None:
        self.files = {
            ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
            for package, root in packages.items()
            for file in sorted((root / package).rglob("*.py"))
            if ".venv" not in file.parts
        }
        """File by the name of its module; a package stands for its `__init__`."""

    @functools.cached_property
    def graph(self) -> dict[str, set[str]]:
        """What each module imports, with the packages that this loads on the way."""
        return {module: set(self._imported(module)) for module in self.files}

    def _imported(self, module: str) -> Iterator[str]:
        for name in _named(ast.parse(self.files[module].read_text(encoding="utf-8"))):
            parts = name.split(".")
            parents = (".".join(parts[:length]) for length in range(1, len(parts)))
            yield from (parent for parent in parents if parent in self.files and not below(module, parent))
            if name in self.files:
                yield name
            elif ".".join(parts[:-1]) in self.files:
                yield ".".join(parts[:-1])


def _named(tree: ast.AST) -> Iterator[str]:
    """Every name that a file imports, as `module` or `module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"line {node.lineno}: imports are absolute")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_module(node.func):
            yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))


def _is_import_module(function: ast.expr) -> bool:
    return getattr(function, "attr", getattr(function, "id", "")) == "import_module"


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of imports, from a module back to itself; empty where there is none."""
    finished: set[str] = set()

    def search(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module not in finished:
            for imported in sorted(graph[module]):
                if found := search(imported, [*path, module]):
                    return found
            finished.add(module)
        return []

    return next((found for module in sorted(graph) if (found := search(module, []))), [])
