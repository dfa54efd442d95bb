"""The functions need the standard library and their cloud's SDK, nothing else, and start lean."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from keystead import functions

ROOT = Path(functions.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SDK = {"boto3", "botocore"}
ON_AWS = {"rotator/aws.py", "rotator/mirroring.py", "stores/aws.py", "shared/google/federation.py"}
FOREIGN = ("gcp", "mirror", "functions.shared.google", "service_account")
ON_GCP = {"rotator/gcp.py"}
PROVISIONING = ["pulumi", "pulumi_aws", "pydantic", "yaml", "jinja2", "typer", "rich", "keystead.model.errors"]


def modules(files: set[str]) -> set[str]:
    return {f"keystead.functions.{file.removesuffix('.py').replace('/', '.')}" for file in files}


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_imports_the_standard_library_the_functions_and_only_below_aws_its_sdk(file: Path) -> None:
    allowed = set(sys.stdlib_module_names) | (SDK if file.relative_to(ROOT).as_posix() in ON_AWS else set())
    foreign = {name for name in imported(file) if name.split(".")[0] not in allowed}
    assert {name for name in foreign if not name.startswith("keystead.functions")} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_only_what_is_on_aws_knows_of_aws_and_nothing_but_the_entry_point_of_gcp(file: Path) -> None:
    place = file.relative_to(ROOT).as_posix()
    if place not in ON_AWS:
        assert imported(file) & modules(ON_AWS) == set()
    if place not in ON_GCP:
        assert imported(file) & modules(ON_GCP) == set()


def test_a_cold_start_on_aws_loads_nothing_of_gcp() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT.parents[1])!r})\n"
        "import keystead.functions.rotator.aws\n"
        f"print(*(name for name in sys.modules if any(part in name for part in {FOREIGN!r})))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == []


def test_the_handler_imports_where_the_provisioning_side_is_absent() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT.parents[1])!r})\n"
        f"sys.modules.update(dict.fromkeys({PROVISIONING!r}))\n"
        "import boto3; before = set(sys.modules)\n"
        "import keystead.functions.rotator.aws\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert set(ran.stdout.split()) <= set(sys.stdlib_module_names) | {"keystead"}
