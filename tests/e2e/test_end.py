"""A sandbox whose cloud dies, and one that is taken down."""

import json
import os
import signal
import sys
from collections.abc import Iterator

import psutil
import pytest

from tests.e2e.conftest import User, ended, new_user, small_project
from tests.e2e.landscape import Sandbox
from tests.e2e.specs import environment, secret

SPEC = environment(
    {"aws": {"account": "111111111111", "region": "us-east-1"}}, {"till-key": secret("opens the till", {"shop": {}})}
)


@pytest.fixture
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user with one small environment."""
    project = small_project(tmp_path_factory.mktemp("checkout"), {"dev": SPEC})
    user = new_user(tmp_path_factory.mktemp("home"), project)
    with ended(user.sandbox) as sandbox:
        sandbox.up("--no-table")
        yield user


@pytest.fixture
def sandbox(user: User) -> Sandbox:
    return user.sandbox


def of_the_checkout(user: User) -> list[psutil.Process]:
    """Every process that works in the user's checkout or has its sandbox on the command line."""
    place = str(user.sandbox.project)
    found = []
    for process in psutil.process_iter():
        try:
            if place in "\n".join([*process.cmdline(), process.cwd()]):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_a_cloud_that_died_is_said_in_one_line_by_every_command(sandbox: Sandbox) -> None:
    registry = json.loads((sandbox.directory / "sandbox.json").read_text())
    os.kill(registry["stacks"]["dev"]["aws"]["pid"], signal.SIGKILL)
    preview = sandbox.run("pulumi", "preview", "-s", "dev", "--refresh")
    assert preview.code != 0
    assert "the cloud of stack 'dev' does not answer at" in preview.output
    assert "Traceback" not in preview.output
    status = sandbox.run("keystead", "status", "--env", "dev")
    assert status.code == 1
    assert "does not answer. Check the network; for the sandbox: python -m sandbox status." in status.output
    told = sandbox.run(sys.executable, "-m", "sandbox", "status")
    assert told.code == 1
    assert "has ended; `keystead sandbox up` starts it again" in told.output


def test_nothing_is_left_but_caches_when_it_is_down(user: User, sandbox: Sandbox) -> None:
    assert of_the_checkout(user)
    sandbox.down()
    assert of_the_checkout(user) == []
    assert user.git("status", "--porcelain") == ""
    assert list(user.home.iterdir()) == []
