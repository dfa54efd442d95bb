"""The sandbox when something goes wrong: killed, interrupted, crowded, outdated, full."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.conftest import ROOT, Run, clean
from tests.observed import BESIDE_THE_CLOUDS, eventually, keys, processes


def events(project: Path) -> Path:
    """What the engine reports of dev."""
    return project / ".sandbox" / "logs" / "up-dev.events"


def started_up(project: Path) -> subprocess.Popen[str]:
    """`up` of dev in a process group of its own, as a terminal starts it."""
    events(project).unlink(missing_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "--env", "dev", "--no-table"],
        cwd=project,
        env=clean(),
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def keys_made(project: Path) -> int:
    """How many keys of dev the engine has reported as made."""
    log = events(project)
    told = [line for line in log.read_text().splitlines() if "resOutputsEvent" in line] if log.exists() else []
    return sum('"aws:kms/key:Key"' in line for line in told)


def test_a_failing_program_is_shown_with_its_own_words(running: Path, sandbox: Run) -> None:
    (running / "stacks" / "broken").touch()
    done = sandbox("up", "--env", "dev", "--no-table")
    (running / "stacks" / "broken").unlink()
    assert done.returncode == 1
    assert "the program is broken on purpose" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cloud_that_died_is_started_anew_and_its_state_forgotten(running: Path, sandbox: Run) -> None:
    told = json.loads((running / ".sandbox" / "sandbox.json").read_text())
    os.kill(told["stacks"]["dev"]["aws"]["pid"], signal.SIGKILL)
    assert sandbox("status").returncode == 1
    advanced = sandbox("advance", "1d")
    assert advanced.returncode == 1
    assert "no cloud runs for dev; run `make up` first" in advanced.stderr
    again = sandbox("up", "--no-table")
    assert again.returncode == 0, again.stderr
    assert keys(running, "dev") == [f"dev {number}" for number in range(4)]
    assert "prod: 6 resources, none changed" in again.stderr


def test_up_recovers_from_a_killed_one_and_doubles_nothing(landscape: Path, sandbox: Run) -> None:
    assert sandbox("down").returncode == 0
    (landscape / "stacks" / "slow").touch()
    with started_up(landscape) as killed:
        assert eventually(lambda: keys_made(landscape) >= 2)
        os.killpg(killed.pid, signal.SIGKILL)
    (landscape / "stacks" / "slow").unlink()
    done = sandbox("up", "--env", "dev", "--no-table")
    assert done.returncode == 0, done.stderr
    assert keys(landscape, "dev") == [f"dev {number}" for number in range(4)]


def test_an_interrupted_up_says_so_at_once_and_the_next_one_finishes_it(landscape: Path, sandbox: Run) -> None:
    assert sandbox("down").returncode == 0
    (landscape / "stacks" / "slow").touch()
    with started_up(landscape) as interrupted:
        assert eventually(lambda: keys_made(landscape) >= 2)
        os.killpg(interrupted.pid, signal.SIGINT)
        _, told = interrupted.communicate(timeout=60)
    (landscape / "stacks" / "slow").unlink()
    assert interrupted.returncode == 1
    assert told.splitlines()[-1] == "interrupted; run it again to go on"
    assert "Traceback" not in told
    done = sandbox("up", "--env", "dev", "--no-table")
    assert done.returncode == 0, done.stderr
    assert keys(landscape, "dev") == [f"dev {number}" for number in range(4)]


def test_an_interrupt_that_only_the_engine_has_seen_yet_is_told_as_one(landscape: Path, sandbox: Run) -> None:
    assert sandbox("down").returncode == 0
    (landscape / "stacks" / "slow").touch()
    with started_up(landscape) as interrupted:
        assert eventually(lambda: keys_made(landscape) >= 2)
        (engine,) = [one for one in psutil.Process(interrupted.pid).children() if one.name() == "pulumi"]
        engine.send_signal(signal.SIGINT)
        _, told = interrupted.communicate(timeout=60)
    (landscape / "stacks" / "slow").unlink()
    assert interrupted.returncode == 1
    assert told.splitlines()[-1] == "interrupted; run it again to go on"
    assert "correct" not in told


def test_a_process_of_a_killed_start_does_not_stay_behind(running: Path, sandbox: Run) -> None:
    registry = running / ".sandbox" / "sandbox.json"
    orphan = json.loads(registry.read_text())["stacks"]["dev"]["aws"]["pid"]
    registry.unlink()
    assert sandbox("up", "--no-table").returncode == 0
    assert orphan not in processes(running)
    assert len(processes(running)) == 2 + BESIDE_THE_CLOUDS


def test_up_after_an_update_starts_anew_what_runs_the_older_code_and_says_so(running: Path, sandbox: Run) -> None:
    registry = running / ".sandbox" / "sandbox.json"
    before = json.loads(registry.read_text())
    older = json.loads(registry.read_text())
    older["stacks"]["dev"]["aws"]["code"] = older["provider"]["code"] = "of last week"
    registry.write_text(json.dumps(older))
    done = sandbox("up", "--no-table")
    assert done.returncode == 0, done.stderr
    assert "account 000000000001 runs other code than this checkout's: it is restarted and empty" in done.stderr
    assert "prod: 6 resources, none changed" in done.stderr
    after = json.loads(registry.read_text())
    assert after["stacks"]["dev"]["aws"]["pid"] != before["stacks"]["dev"]["aws"]["pid"]
    assert after["stacks"]["prod"] == before["stacks"]["prod"]
    assert after["provider"]["pid"] != before["provider"]["pid"]
    assert after["stacks"]["dev"]["aws"]["code"] == before["stacks"]["dev"]["aws"]["code"]
    assert len(processes(running)) == 2 + BESIDE_THE_CLOUDS


def test_two_commands_at_once_are_told_apart(running: Path, sandbox: Run) -> None:
    (running / "stacks" / "slow").touch()
    with started_up(running) as first:
        assert eventually((running / ".sandbox" / "running" / "dev").exists)
        second = sandbox("up", "--no-table")
        os.killpg(first.pid, signal.SIGKILL)
    (running / "stacks" / "slow").unlink()
    assert second.returncode == 1
    assert "another command is changing this sandbox; wait for it to end" in second.stderr


def test_a_port_that_is_taken_is_named(landscape: Path, sandbox: Run) -> None:
    sandbox("down")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = sandbox("up", "--clouds-only", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} cannot be used (Address already in use); choose other ports with --port" in done.stderr


def test_everything_ends_with_its_owner(landscape: Path, sandbox: Run) -> None:
    sandbox("down")
    with subprocess.Popen(["sleep", "600"]) as owner:
        done = sandbox("up", "--clouds-only", "--owner-pid", str(owner.pid))
        assert done.returncode == 0, done.stderr
        owner.kill()
    assert eventually(lambda: not processes(landscape))


def test_everything_ends_with_the_removal_of_its_sandbox(landscape: Path, sandbox: Run) -> None:
    sandbox("down")
    assert sandbox("up", "--clouds-only").returncode == 0
    assert len(processes(landscape)) == 2 + BESIDE_THE_CLOUDS
    shutil.rmtree(landscape / ".sandbox")
    assert eventually(lambda: not processes(landscape))


DISKS = {
    "full before": "clouds.shutil.disk_usage = lambda _: namedtuple('Usage', 'free')(5 * 1024**2)",
    "full on the way": "clouds.ensure = lambda *_, **_named: os.write(os.open('/dev/full', os.O_WRONLY), b'x')",
}


@pytest.mark.parametrize(
    ("disk", "told"),
    [("full before", "error: only 5 MB are free at "), ("full on the way", "error: the disk is full;")],
)
def test_a_full_disk_is_said_in_one_line(landscape: Path, tmp_path: Path, disk: str, told: str) -> None:
    program = "import os\nfrom collections import namedtuple\n"
    program += (
        f"from keystead_sandbox.host import clouds\nfrom keystead_sandbox.host.command import app\n{DISKS[disk]}\napp()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "up"],
        cwd=landscape,
        env=os.environ | {"PYTHONPATH": str(ROOT), "KEYSTEAD_SANDBOX": str(tmp_path / "sandbox")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert last.startswith(told)
    assert "run it again" in last
    assert "Traceback" not in done.stderr
