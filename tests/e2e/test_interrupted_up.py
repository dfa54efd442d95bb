"""A killed `up` can simply be run again: it finishes, and nothing is there twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.landscape import Sandbox, copied_project, on_one_cloud

BEGIN = [sys.executable, "-m", "sandbox", "up", "--env", "dev", "--owner-pid", str(os.getpid())]


@pytest.fixture
def sandbox(tmp_path: Path, clouds: str) -> Iterator[Sandbox]:
    project = copied_project(tmp_path / "project")
    if clouds != "both":
        on_one_cloud(project, clouds, "dev")
    made = Sandbox(tmp_path / "sandbox", project)
    try:
        yield made
    finally:
        made.down()


def progressed(sandbox: Sandbox, resources: int) -> bool:
    """Whether the engine has reported this many finished resources."""
    events = sandbox.directory / "logs" / "up-dev.events"
    return events.exists() and events.read_bytes().count(b"resOutputsEvent") >= resources


def descendants(root: int, spared: set[int]) -> list[int]:
    """The process and all below it, as a machine that dies takes them, but for the spared and what they started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid and child not in spared]
    return found


def kill_up(sandbox: Sandbox, resources: int, *, machine: bool) -> None:
    """Start `up` and kill it with the engine, once so many resources are done; with the machine the clouds die too."""
    process = subprocess.Popen(
        BEGIN, cwd=sandbox.project, env=sandbox.variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not progressed(sandbox, resources):
        assert process.poll() is None, "up ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    clouds = {entry["pid"] for entry in sandbox.registered() if not machine}
    for pid in descendants(process.pid, clouds):
        os.kill(pid, signal.SIGKILL)
    process.wait(timeout=30)


@pytest.mark.parametrize(
    ("clouds", "resources", "machine"),
    [("aws", 1, False), ("aws", 25, False), ("both", 120, False), ("aws", 40, True)],
    ids=["at the first", "early", "late", "with its machine"],
)
def test_up_that_was_killed_is_finished_by_the_next_one_with_nothing_doubled(
    sandbox: Sandbox, resources: int, machine: bool
) -> None:
    kill_up(sandbox, resources, machine=machine)
    sandbox.up("--env", "dev")
    assert sandbox.run("pulumi", "preview", "-s", "dev", "--expect-no-changes").code == 0
    keys = sandbox.client("dev", "kms")
    described = [keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in keys.list_keys()["Keys"]]
    usable = Counter(
        one["Description"] for one in described if one["KeyState"] == "Enabled" and one["KeyManager"] == "CUSTOMER"
    )
    assert usable
    assert set(usable.values()) == {1}
    names = [one["Name"] for one in sandbox.client("dev", "secretsmanager").list_secrets()["SecretList"]]
    assert len(names) == len(set(names)) == 9
