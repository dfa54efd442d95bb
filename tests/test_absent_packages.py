"""What runs in a cloud, and the reading of a spec, work where packages that only provisioning needs are absent."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROVISIONING = {"pulumi", "pulumi_aws", "pydantic", "pydantic_core", "yaml", "jinja2", "typer", "rich"}


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
