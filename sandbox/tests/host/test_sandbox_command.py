import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT, Run
from tests.observed import BESIDE_THE_CLOUDS, LOOPBACK, keys, listening, processes, program_server


def test_up_brings_every_environment_to_its_own_account(running: Path) -> None:
    assert keys(running, "dev") == [f"dev {number}" for number in range(4)]
    assert keys(running, "prod") == [f"prod {number}" for number in range(4)]


def test_up_again_changes_nothing(running: Path, sandbox: Run) -> None:
    again = sandbox("up", "--no-table")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("none changed") == 2
    assert len(keys(running, "dev")) == 4


def test_compiled_code_is_kept_in_the_sandbox_where_python_is_to_write_none(running: Path, sandbox: Run) -> None:
    shutil.rmtree(running / "stacks" / "__pycache__", ignore_errors=True)
    os.kill(program_server(running), signal.SIGKILL)
    done = sandbox("up", "--env", "dev", "--no-table", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    assert any(file.name.startswith("alias.") for file in (running / ".sandbox" / "bytecode").rglob("*.pyc"))
    assert not list((running / "stacks").rglob("*.pyc"))


def test_plain_pulumi_works_and_leaves_stack_files_as_they_are(running: Path, pulumi: Run) -> None:
    files = sorted((running / "stacks").glob("*.yaml"))
    before = [file.read_bytes() for file in files]
    for arguments in (["preview", "-s", "prod"], ["refresh", "-s", "prod", "--yes"], ["up", "-s", "dev", "--yes"]):
        done = pulumi(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()
    assert [file.read_bytes() for file in files] == before
    assert sorted((running / "stacks").glob("*.yaml")) == files


def test_the_engine_keeps_no_log_of_what_programs_declare(running: Path, pulumi: Run) -> None:
    assert pulumi("stack", "ls").returncode == 0
    assert (running / ".sandbox" / "pulumi" / "logs").read_bytes() == b""


def test_status_tells_where_each_cloud_is(running: Path, sandbox: Run) -> None:
    told = json.loads(sandbox("status", "--json").stdout)
    assert [(cloud["environment"], cloud["account"], cloud["running"]) for cloud in told["clouds"]] == [
        ("dev", "000000000001", True),
        ("prod", "000000000003", True),
    ]
    assert told["provider"] is True


def test_advance_moves_the_clock_of_every_cloud(running: Path, sandbox: Run) -> None:
    before = json.loads(sandbox("status", "--json").stdout)["clouds"]
    done = sandbox("advance", "2d", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"dev", "prod"}
    after = json.loads(sandbox("status", "--json").stdout)["clouds"]
    assert [cloud["offset"] for cloud in after] == [cloud["offset"] + 2 * 86_400 for cloud in before]


def test_only_loopback_is_listened_on(running: Path) -> None:
    addresses = listening(processes(running))
    assert len(addresses) >= 5
    assert set(addresses) <= LOOPBACK


def test_secrets_of_the_sandbox_are_readable_by_their_owner_alone(running: Path) -> None:
    private = ["token", "passphrase", "server.key", "sandbox.json", "aws/credentials", "aws/config"]
    modes = {name: (running / ".sandbox" / name).stat().st_mode & 0o777 for name in private}
    assert modes == dict.fromkeys(private, 0o600)
    assert (running / ".sandbox").stat().st_mode & 0o777 == 0o700


def test_the_deployer_is_a_user_and_not_the_account_root(running: Path) -> None:
    text = (running / ".sandbox" / "aws" / "credentials").read_text()
    identifiers = re.findall(r"aws_access_key_id = (\S+)", text)
    assert len(set(identifiers)) == 2
    assert all(re.fullmatch(r"AKIA[A-Z2-7]{16}", identifier) for identifier in identifiers)


BAD = {
    ("up", "--env", "prd"): (2, "no environment 'prd'; choose among dev, prod"),
    ("advance", "90"): (2, "'90' is not a duration; write 90d, 12h or 30m"),
    ("advance", "0d"): (2, "'0d' is not a duration"),
    ("advance", "99999d"): (2, "at most 3650d"),
    ("up", "--port", "99999"): (2, "--port"),
    ("nonsense",): (2, "nonsense"),
}


@pytest.mark.parametrize(("arguments", "expected"), BAD.items())
def test_a_wrong_call_says_what_is_allowed(
    landscape: Path, sandbox: Run, arguments: tuple[str, ...], expected: tuple[int, str]
) -> None:
    done = sandbox(*arguments)
    assert done.returncode == expected[0]
    assert expected[1] in done.stderr


def test_without_a_sandbox_the_commands_say_how_to_start_one(landscape: Path, sandbox: Run) -> None:
    sandbox("down")
    assert "no cloud runs for any environment; run `make up` first" in sandbox("advance", "1d").stderr
    told = sandbox("env")
    assert (told.returncode, told.stdout) == (1, "")
    assert "the sandbox does not run; run `make up` first" in told.stderr


def test_down_leaves_no_process_and_can_be_repeated(running: Path, sandbox: Run) -> None:
    assert len(processes(running)) == 2 + BESIDE_THE_CLOUDS
    assert sandbox("down").returncode == 0
    assert processes(running) == []
    assert sandbox("down").returncode == 0


def test_outside_a_project_the_command_says_where_to_go(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "status"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "change to the checkout" in done.stderr
