"""Imports go one way, as the table in docs/architecture.md says, and never in a circle."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from keystead.model.clouds import CLOUDS

from tests.imports import Imports, below, circle

ROOT = Path(__file__).parents[1]
SOURCES = {
    "keystead": ROOT / "components",
    "keystead_policies": ROOT / "policies",
    "keystead_sandbox": ROOT / "sandbox",
    "stacks": ROOT,
}
"""The directory that each package of ours is imported from."""

MOST_MODULES = 20

OURS = Imports(SOURCES)


def table() -> dict[str, set[str]]:
    """Package to the packages it may import, from the table in docs/architecture.md."""
    rows = re.findall(
        r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    return {package: set(re.findall(r"`([\w.]+)`", allowed)) for package, allowed in rows}


ALLOWED = table()


def package_of(module: str) -> str | None:
    """The longest package of the table that a module is below."""
    return max((package for package in ALLOWED if below(module, package)), key=len, default=None)


def forbidden(module: str) -> set[str]:
    """What a module imports of ours though the table does not let it."""
    package = package_of(module)
    allowed = {module} if package is None else {package, *ALLOWED[package]}
    loaded_on_the_way = {parent for one in allowed for parent in OURS.files if below(one, parent)}
    return {name for name in OURS.graph[module] - loaded_on_the_way if not any(below(name, one) for one in allowed)}


def folders() -> dict[Path, int]:
    files = [file for file in OURS.files.values() if file.name != "__init__.py"]
    return {folder: sum(file.parent == folder for file in files) for folder in {file.parent for file in files}}


def test_the_table_names_packages_that_exist_and_every_module_is_in_one() -> None:
    named = set(ALLOWED) | {name for allowed in ALLOWED.values() for name in allowed}
    assert len(ALLOWED) > 20
    assert {name for name in named if not any(below(module, name) for module in OURS.files)} == set()
    docstring_only = {module for module in OURS.files if not OURS.graph[module]}
    assert {module for module in OURS.files if package_of(module) is None} <= docstring_only


@pytest.mark.parametrize("module", OURS.files)
def test_a_module_imports_only_what_the_table_lets_its_package(module: str) -> None:
    assert forbidden(module) == set()


def test_no_import_goes_in_a_circle() -> None:
    assert circle(OURS.graph) == []


def test_no_folder_holds_more_than_twenty_modules() -> None:
    assert {folder.relative_to(ROOT).as_posix() for folder, count in folders().items() if count > MOST_MODULES} == set()


def test_aws_and_gcp_meet_in_the_composition_root_alone() -> None:
    meeting = {
        module
        for module, imported in OURS.graph.items()
        if all(any(below(name, f"keystead.{cloud}") for name in imported) for cloud in ("aws", "gcp"))
    }
    assert meeting == {"keystead.environment"}


def knows_clouds(module: str) -> bool:
    """Whether a module is below a folder for one cloud, or runs in one."""
    return below(module, "keystead.functions") or bool({"aws", "gcp"} & set(module.split(".")[:-1]))


def branches(source: str) -> list[str]:
    """Comparisons of something with the name of a cloud."""
    compared = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare)]
    return [
        ast.unparse(node)
        for node in compared
        if any(isinstance(part, ast.Constant) and part.value in CLOUDS for part in ast.walk(node))
    ]


def test_nothing_outside_the_clouds_own_folders_asks_which_cloud_it_is() -> None:
    shared = {name: file for name, file in OURS.files.items() if below(name, "keystead") and not knows_clouds(name)}
    assert len(shared) > 50
    assert {name for name, file in shared.items() if branches(file.read_text(encoding="utf-8"))} == set()


@pytest.mark.parametrize(
    "source", ['if cloud == "aws": ...', 'x = "gcp" in clouds', 'y = 1 if clouds == ("gcp",) else 2']
)
def test_a_question_which_cloud_it_is_would_be_found(source: str) -> None:
    assert len(branches(source)) == 1


def test_the_pulumi_program_stays_small() -> None:
    assert len((ROOT / "stacks" / "__main__.py").read_text(encoding="utf-8").splitlines()) <= 40


def test_every_service_of_the_sdks_that_is_used_has_its_types_checked() -> None:
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    checked = {name for one in overrides if one.get("follow_imports") == "normal" for name in one["module"]}
    used = {
        f"pulumi_{cloud}.{service}.*"
        for file in (ROOT / "components").rglob("*.py")
        for cloud, service in re.findall(r"\b(aws|gcp)\.([a-z]+[0-9]*_?)\.[A-Z]", file.read_text())
    }
    assert len(used) > 15
    assert used <= checked
