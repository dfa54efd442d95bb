"""Imports go one way: stacks -> components -> functions. The sandbox knows clouds, not components."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"keystead", "keystead_policies", "sandbox", "policies", "stacks"}
PROVISIONING = {"pulumi", "pulumi_aws", "pydantic", "pydantic_core", "yaml", "jinja2", "typer", "rich"}

LAYERS = {
    "components/keystead": {"keystead"},
    "components/keystead/functions": {"keystead.functions"},
    "stacks": {"keystead"},
    "policies": {"keystead_policies"},
    "sandbox": {"sandbox"},
}
"""Which of our own packages the files below each directory may import; the most specific directory counts."""


def sources() -> list[Path]:
    files = {file for layer in LAYERS if "functions" not in layer for file in (ROOT / layer).rglob("*.py")}
    return sorted(file for file in files if ".venv" not in file.parts)


def layer_of(file: Path) -> str:
    return max((layer for layer in LAYERS if file.is_relative_to(ROOT / layer)), key=len)


def imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)), "imports are absolute"
    return plain | named


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_its_layer_may_know(file: Path) -> None:
    allowed = LAYERS[layer_of(file)]
    own = {name for name in imports(file) if name.split(".")[0] in OURS}
    assert {name for name in own if not any(name == one or name.startswith(f"{one}.") for one in allowed)} == set()


def test_every_layer_there_is_was_looked_at() -> None:
    looked_at = {layer_of(file) for file in sources()}
    assert looked_at == {layer for layer in LAYERS if any((ROOT / layer).rglob("*.py"))}


def import_without(absent: set[str], *modules: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.modules.update(dict.fromkeys({sorted(absent)!r}))\n" + "".join(
        f"import {module}\n" for module in modules
    )
    environment = {"PYTHONPATH": str(ROOT / "components"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def modules_below(directory: str) -> list[str]:
    base = ROOT / "components"
    files = sorted((base / directory).rglob("*.py"))
    return [".".join(file.relative_to(base).with_suffix("").parts).removesuffix(".__init__") for file in files]


def test_everything_that_runs_in_the_cloud_imports_without_the_provisioning_side() -> None:
    ran = import_without(PROVISIONING, *modules_below("keystead/functions"))
    assert ran.returncode == 0, ran.stderr


def test_a_spec_is_read_checked_and_compiled_without_pulumi() -> None:
    ran = import_without(
        {"pulumi", "pulumi_aws"}, "keystead.spec.loading", "keystead.spec.json_schema", "keystead.restrictions.aws"
    )
    assert ran.returncode == 0, ran.stderr


def test_an_absent_package_would_be_noticed() -> None:
    assert import_without({"pydantic"}, "keystead.spec.loading").returncode != 0


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
