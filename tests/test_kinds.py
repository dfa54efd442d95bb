"""Unit tests need no cloud: what decides a test's kind, and what holds it to that."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import preloaded
from tests.kinds import kind_of, starts_a_cloud

ROOT = Path(__file__).parents[1]
SETTINGS = """[pytest]
testpaths = .
addopts = --strict-markers -p no:cacheprovider -p conftest
markers =
    unit: u
    cloud: c
    e2e: e
"""
OF_EACH_KIND = """
import pytest

@pytest.fixture
def cloud(): ...

def test_alone(): ...
def test_with_a_cloud(cloud): ...
@pytest.mark.e2e
def test_with_the_engine(): ...
"""
STARTS = """
import subprocess, sys
import pytest

@pytest.fixture
def started():
    subprocess.run([sys.executable, "-m", "keystead_sandbox.local_gcp", "--help"])

def test_of_no_cloud(started): ...
@pytest.mark.cloud
def test_of_a_cloud(started): ...
"""


def pytest_in(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with this project's conftest over one file."""
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_file.py").write_text(text)
    path = os.pathsep.join(str(ROOT / part) for part in (".", "sandbox"))
    done = preloaded.run(["-m", "pytest", "-q", *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": path})
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    ("file", "fixtures", "kind"),
    [
        ("tests/test_a.py", (), "unit"),
        ("tests/test_a.py", ("tmp_path", "setup"), "unit"),
        ("tests/test_a.py", ("tmp_path", "cloud"), "cloud"),
        ("tests/test_a.py", ("local", "pulumi"), "e2e"),
        ("tests/e2e/test_a.py", (), "unit"),
        ("tests/e2e/test_a.py", ("upgraded",), "e2e"),
    ],
)
def test_a_test_is_of_the_kind_that_its_fixtures_need(file: str, fixtures: tuple[str, ...], kind: str) -> None:
    assert kind_of(file, fixtures) == kind


@pytest.mark.parametrize(
    ("arguments", "ran"),
    [
        ((), "1 passed, 2 deselected"),
        (("-m", "cloud or e2e"), "2 passed, 1 deselected"),
        (("test_file.py",), "3 passed"),
    ],
    ids=["nothing said", "a mark", "a path"],
)
def test_where_nothing_is_said_the_unit_tests_alone_run(tmp_path: Path, arguments: tuple[str, ...], ran: str) -> None:
    done = pytest_in(tmp_path, OF_EACH_KIND, *arguments)
    assert ran in done.stdout


def test_two_kinds_of_one_test_are_refused(tmp_path: Path) -> None:
    both = OF_EACH_KIND.replace("@pytest.mark.e2e", "@pytest.mark.e2e\n@pytest.mark.unit")
    done = pytest_in(tmp_path, both)
    assert done.returncode != 0
    assert "test_with_the_engine is marked e2e and unit; leave one" in done.stdout + done.stderr


def test_a_mark_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, OF_EACH_KIND.replace("mark.e2e", "mark.slow"))
    assert done.returncode != 0
    assert "'slow' not found in `markers`" in done.stdout


def test_a_unit_test_cannot_start_a_cloud_and_another_can(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, STARTS, "test_file.py")
    assert "1 passed, 1 error" in done.stdout
    assert "ERROR test_file.py::test_of_no_cloud" in done.stdout
    assert "RuntimeError: a unit test starts a cloud or the engine" in done.stdout


@pytest.mark.parametrize(
    ("command", "does"),
    [
        ("python -m keystead_sandbox.local_aws --port 0", True),
        ("python -m keystead_sandbox.pulumi_provider", True),
        ("python -m sandbox up --env dev", True),
        ("/usr/bin/pulumi preview -s dev", True),
        ("/usr/bin/pulumi version", False),
        ("python -m sandbox status", False),
        ("python -m keystead.cli check", False),
    ],
)
def test_clouds_and_the_engine_are_known_by_their_command_lines(command: str, does: bool) -> None:
    assert starts_a_cloud(command.split()) is does
