import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]

PROJECT = """\
name: keystead
runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}
main: stacks
stackConfigDir: stacks
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with its own sandbox, which is ended with everything in it."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "stacks").mkdir()
    (directory / "Pulumi.yaml").write_text(PROJECT)
    yield directory
    subprocess.run([sys.executable, "-m", "sandbox", "down"], cwd=directory, env=clean(), timeout=120, check=False)


@pytest.fixture(scope="module")
def sandbox(project: Path) -> Run:
    """Run `python -m sandbox` in the project."""

    def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", *arguments]
        return subprocess.run(
            command, cwd=project, env=clean() | extra, capture_output=True, text=True, timeout=1500, check=False
        )

    return run


@pytest.fixture(scope="module")
def pulumi(project: Path, sandbox: Run) -> Run:
    """Run plain `pulumi` as a shell does after `eval "$(python -m sandbox env)"`."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = f'eval "$({sys.executable} -m sandbox env)" && exec pulumi --color never "$@"'
        return subprocess.run(
            ["sh", "-c", script, "sh", *arguments],
            cwd=project, env=clean(), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


def clean() -> dict[str, str]:
    """The environment of a user who runs this checkout's sandbox."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KEYSTEAD_", "PULUMI_"))}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
