"""The landscapes that end-to-end tests share. Each is brought up once, and its tests leave it as they found it.

- `full_landscape`: dev, staging and prod on both clouds, as `make up` gives them to a new user. Nothing breaks there,
  and time goes on by hours alone.
- `aws_landscape` and `gcp_landscape`: small environments on one cloud, whose clock and rotators tests move and break.
- `destructive_landscape`: dev on both clouds, to be rotated, aged and made to leak.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import specs
from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import ENVIRONMENTS, Sandbox, copied_project, edited


@dataclass(frozen=True)
class User:
    """A user's checkout, home and sandbox, and what the first `up` printed."""

    sandbox: Sandbox
    home: Path
    printed: str
    shown: dict[str, Any]
    """By environment, what `keystead status --json` said then."""

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=user", "-c", "user.email=user@acme.example", *arguments]
        place = self.sandbox.project
        return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60, check=True).stdout


def new_user(home: Path, project: Path) -> User:
    """A user with an empty home and a checkout of their own, before the first `up`."""
    user = User(Sandbox(project / ".sandbox", project, home), home, "", {})
    user.git("init", "--quiet")
    user.git("add", "--all")
    user.git("commit", "--quiet", "--message", "Take the stacks")
    return user


@contextmanager
def ended(sandbox: Sandbox) -> Iterator[Sandbox]:
    """End a sandbox, whatever becomes of its tests."""
    try:
        yield sandbox
    finally:
        sandbox.down()


@pytest.fixture(scope="session")
def full_landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    project = copied_project(tmp_path_factory.mktemp("full"), policies=True)
    user = new_user(tmp_path_factory.mktemp("home"), project)
    with ended(user.sandbox) as sandbox:
        printed = sandbox.up()
        yield User(sandbox, user.home, printed, {name: sandbox.status(name) for name in ENVIRONMENTS})


@pytest.fixture(scope="session")
def destructive_landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Dev is deployed; prod is clouds alone, for commands that only look at it."""
    project = copied_project(tmp_path_factory.mktemp("destructive"), policies=True)
    edited(project, "dev", lambda spec: spec["secrets"].setdefault("order-events-secret", {}).update(specs.MONTHLY))
    user = new_user(tmp_path_factory.mktemp("home"), project)
    with ended(user.sandbox) as sandbox:
        printed = sandbox.up("--env", "dev")
        sandbox.sandbox("up", "--env", "prod", "--clouds-only", "--owner-pid", str(os.getpid()))
        yield User(sandbox, user.home, printed, {"dev": sandbox.status("dev")})


@pytest.fixture(scope="session")
def aws_landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = small_project(tmp_path_factory.mktemp("aws"), specs.ON_AWS)
    with ended(Sandbox(project / ".sandbox", project)) as sandbox:
        sandbox.up("--no-table")
        yield sandbox


@pytest.fixture(scope="session")
def gcp_landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = small_project(tmp_path_factory.mktemp("gcp"), specs.ON_GCP)
    with ended(Sandbox(project / ".sandbox", project)) as sandbox:
        sandbox.up("--no-table")
        yield Project(sandbox, "shop")


def small_project(directory: Path, environments: dict[str, dict[str, Any]]) -> Path:
    """A project with these environments in place of the usual ones."""
    project = copied_project(directory)
    for file in (project / "stacks").glob("Pulumi.*.yaml"):
        file.unlink()
    (project / "stacks" / "base.yaml").write_text("{}\n")
    for name, spec in environments.items():
        stack = {"config": {"pulumi:disable-default-providers": ["*"], "keystead:environment": spec}}
        (project / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(stack))
    return project
