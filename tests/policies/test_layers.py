"""Who imports whom inside the pack, and how large its packages are."""

import ast
from pathlib import Path

import pytest

from tests.policies.analyzer import PACK

ROOT = PACK / "keystead_policies"
MODULES = {
    ".".join(path.relative_to(PACK).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
ALLOWED = {
    "keystead_policies.engine.resources": {"keystead_policies.engine.resources"},
    "keystead_policies.engine": {"keystead_policies.engine", "keystead_policies.version"},
    "keystead_policies.rules": {"keystead_policies.engine"},
    "keystead_policies.reports": {"keystead_policies.engine", "keystead_policies.reports"},
    "keystead_policies.version": set(),
    "keystead_policies.pack": {"keystead_policies.engine"},
    "keystead_policies.__main__": {
        "keystead_policies.engine",
        "keystead_policies.reports",
        "keystead_policies.version",
    },
    "keystead_policies": set(),
}
"""Package or module to what it may import of the pack; the longest name that fits a module counts."""


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def imported(path: Path) -> set[str]:
    """Modules of the pack that a file imports anywhere in it: in functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            module = node.module or ""
            submodules = {f"{module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= submodules or {module}
    return {name for name in found if within(name, "keystead_policies")}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports; empty where there is none."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for following in sorted(graph.get(module, ())):
            if found := visit(following, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_package_may(module: str) -> None:
    package = max((each for each in ALLOWED if within(module, each)), key=len)
    strangers = {
        found for found in imported(MODULES[module]) if not any(within(found, each) for each in ALLOWED[package])
    }
    assert not strangers, f"{module} may import only {sorted(ALLOWED[package])}"


def test_no_imports_go_in_a_circle() -> None:
    assert circle({module: imported(path) for module, path in MODULES.items()}) == []


def test_a_circle_of_imports_is_noticed() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_rule_modules_are_named_in_one_place() -> None:
    naming = {path.name for path in MODULES.values() if "keystead_policies.rules" in path.read_text()}
    assert naming == {"topics.py"}


def test_no_package_holds_more_than_twenty_modules() -> None:
    sizes = {path.parent: len(list(path.parent.glob("*.py"))) for path in MODULES.values()}
    assert {package: size for package, size in sizes.items() if size > 20} == {}


@pytest.mark.parametrize("path", [path for path in MODULES.values() if path.name == "__init__.py"], ids=str)
def test_a_package_says_what_lives_in_it_and_what_may_be_changed_alone(path: Path) -> None:
    told = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert len(told.split()) >= 20, "a paragraph"
