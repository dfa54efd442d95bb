"""Which modules a function imports, found in its source and without running it."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from keystead.model.errors import ArchiveError

SHIPPED = "keystead.functions"
"""The package whose modules run in a cloud; nothing else of this library does."""


def modules(entry: str, sources: Path, without: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Return the source of each of our modules that `entry` imports, itself included, by its path in an archive.

    Imports inside functions count as those at the top do. `without` names modules that are left out, and with them what
    only they import. Raises ArchiveError where a module is missing or is not one that runs in a cloud.
    """
    found: dict[str, bytes] = {}
    waiting, seen = [entry], set(without)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _file(name, sources)
        if file is None:
            raise ArchiveError(f"{name}: there is no such module; correct the import")
        content = file.read_bytes()
        found[file.relative_to(sources).as_posix()] = content
        waiting += [_allowed(name, wanted) for wanted in _imports(content, sources)]
        waiting += _parents(name)
    return found


def _file(name: str, sources: Path) -> Path | None:
    base = sources.joinpath(*name.split("."))
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def _parents(name: str) -> list[str]:
    """Return the packages below the library's own that the module lies in: Python imports them first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(2, len(parts))]


def _imports(content: bytes, sources: Path) -> Iterator[str]:
    for module, names in _statements_of(content):
        yield module
        yield from (name for name in names if _file(name, sources))


@functools.cache
def _statements_of(content: bytes) -> list[tuple[str, list[str]]]:
    """Return each of our modules that is imported and what may be a module in it; both clouds ask for most files."""
    found: list[tuple[str, list[str]]] = []
    for node in _statements(ast.parse(content)):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names if _ours(alias.name)]
        elif isinstance(node, ast.ImportFrom) and node.module and _ours(node.module):
            found.append((node.module, [f"{node.module}.{alias.name}" for alias in node.names]))
    return found


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement below a node; expressions, nine tenths of a syntax tree, hold no import."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, part, ()):
            yield child
            yield from _statements(child)


def _ours(name: str) -> bool:
    return name.partition(".")[0] == SHIPPED.partition(".")[0]


def _allowed(importer: str, wanted: str) -> str:
    if wanted != SHIPPED and not wanted.startswith(f"{SHIPPED}."):
        raise ArchiveError(f"{importer} imports {wanted}, which does not run in a cloud; only {SHIPPED} does")
    return wanted
