import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.figure import Figure
from bench.lines import package_of
from bench.memory import sandbox_memory

ROOT = Path(__file__).resolve().parents[2]


def test_a_figure_is_set_beside_its_target() -> None:
    assert Figure("speed", 45, 60, "s").document() == {
        "name": "speed",
        "value": 45,
        "target": 60,
        "unit": "s",
        "ratio": 0.75,
    }


def test_the_memory_of_a_sandbox_is_that_of_its_processes_and_all_they_started(tmp_path: Path) -> None:
    wait = "print(flush=True); sys.stdin.read()"
    child = f"import sys; held = bytearray(40_000_000); {wait}"
    start = f"started = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=-1); started.stdout.readline()"
    parent = f"import subprocess, sys; held = bytearray(60_000_000); {start}; {wait}"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        own = {"pid": os.getpid()}
        stacks = {"dev": {"aws": own, "gcp": {"pid": process.pid}}, "prod": {"aws": own, "gcp": {"pid": process.pid}}}
        (tmp_path / "sandbox.json").write_text(json.dumps({"stacks": stacks, "provider": own}))
        figures = {figure.name: figure.value for figure in sandbox_memory(tmp_path)}
        process.communicate(timeout=30)
    assert set(figures) == {"memory of AWS, 1 processes", "memory of GCP, 1 processes"}
    assert 95 < figures["memory of GCP, 1 processes"] < 190
    assert figures["memory of AWS, 1 processes"] > figures["memory of GCP, 1 processes"]


def test_the_quick_figures_are_one_json_document() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--json"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "components")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    document = json.loads(done.stdout)
    (figure,) = document["figures"]
    assert (document["version"], figure["name"], figure["target"]) == (1, "rotator cold import beyond boto3", 30)
    assert figure["value"] == pytest.approx(figure["ratio"] * figure["target"], abs=0.2)
    assert figure["value"] > 0
    packages = {"bench", "components/keystead/spec", "policies/keystead_policies", "sandbox/tests/local_gcp"}
    assert packages <= {*document["lines"]}
    assert document["lines"]["bench"] == sum(
        len(file.read_text().splitlines()) for file in (ROOT / "bench").glob("*.py")
    )


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("components/keystead/spec/loading.py", "components/keystead/spec"),
        ("components/keystead/cli/render/tables.py", "components/keystead/cli"),
        ("components/keystead/environment.py", "components/keystead"),
        ("policies/keystead_policies/rules/aws/kms.py", "policies/keystead_policies"),
        ("sandbox/keystead_sandbox/local_gcp/kms/keys.py", "sandbox/keystead_sandbox/local_gcp"),
        ("sandbox/__main__.py", "sandbox"),
        ("conftest.py", "."),
    ],
)
def test_a_module_is_counted_for_its_package(file: str, package: str) -> None:
    assert package_of(file) == package


def test_bench_needs_nothing_of_the_tests() -> None:
    for module in (ROOT / "bench").glob("*.py"):
        assert not re.search(r"^\s*(?:from|import) tests\b", module.read_text(), re.MULTILINE), module.name
