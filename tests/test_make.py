"""`make` and `.ci/run`: what a new user types, where something is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as `make` looks at before it installs anything."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "sandbox").mkdir()
    for name in (
        "Makefile",
        "requirements.lock",
        "requirements-uv.lock",
        "policies/requirements.txt",
        "pyproject.toml",
        "sandbox/pyproject.toml",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("target", ["up", "test", "check", "bench", "fidelity"])
def test_a_python_that_is_too_old_is_one_line_that_says_what_to_do(checkout: Path, target: str) -> None:
    python = checkout / "python3.10"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    done = make(checkout, target, f"PYTHON={python}")
    assert done.returncode != 0
    told = f"Keystead needs Python 3.11 or newer as {python}; install it, or name it: make PYTHON=python3.12"
    assert done.stderr.splitlines()[0] == told
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("target", ["down", "clean"])
def test_there_is_nothing_to_end_or_remove_before_the_first_up(checkout: Path, target: str) -> None:
    before = sorted(checkout.iterdir())
    done = make(checkout, target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(checkout.iterdir()) == before


def test_ci_runs_exactly_make_test() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert lines == ['cd "$(dirname "$0")/.." && exec make test']
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_make_test_runs_every_check_and_every_test() -> None:
    planned = make(ROOT, "--dry-run", "--always-make", "test").stdout
    for wanted in ("ruff check", "ruff format --check", "mypy", "bin/pytest"):
        assert wanted in planned
