import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.processes import Process, Starting, recorded, stop


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_a_number_that_belongs_to_somebody_else_by_now_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = Process(sleeper.pid, "started long ago")
    assert not earlier.alive()
    assert stop([earlier]) == 0
    assert sleeper.poll() is None


def test_a_process_that_was_remembered_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    remembered = Process.of(sleeper.pid)
    assert remembered.alive()
    assert stop([remembered]) == 1
    assert not remembered.alive()


def test_a_started_process_is_known_before_it_is_ready(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('ready'); time.sleep(600)"]
    started = Starting("thing", command, tmp_path, tmp_path, {})
    assert recorded(tmp_path) == [started.process]
    assert started.first_line() == "ready"
    assert stop(recorded(tmp_path)) == 1
    assert started._process.wait(timeout=10) != 0


def test_a_process_that_ends_at_once_is_shown_with_its_last_words(tmp_path: Path) -> None:
    started = Starting("thing", [sys.executable, "-c", "raise SystemExit('no luck today')"], tmp_path, tmp_path, {})
    with pytest.raises(SandboxError, match=r"thing exited at once: no luck today; the full log is in .*thing\.log"):
        started.first_line()
