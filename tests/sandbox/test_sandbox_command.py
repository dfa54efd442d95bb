import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """\
import os, time
import pulumi, pulumi_aws as aws

stack = pulumi.get_stack()
cloud = aws.Provider("cloud", region="us-east-1")
made = []
for number in range(4):
    text = pulumi.Output.from_input(f"{stack} {number}")
    if os.path.exists("slow") and number > 1:
        text = pulumi.Output.all(text, *(key.arn for key in made)).apply(lambda all: time.sleep(60) or all[0])
    made.append(
        aws.kms.Key(f"{stack}-{number}", description=text, opts=pulumi.ResourceOptions(provider=cloud))
    )
if os.path.exists("broken"):
    raise pulumi.RunError("the program is broken on purpose")
pulumi.export("stack", stack)
"""
STACK = """\
config:
  pulumi:disable-default-providers: ["*"] # kept as it is
  keystead:environment:
    tier: {tier}
    aws: {{account: "{account}", region: us-east-1}}
"""


@pytest.fixture(scope="module")
def landscape(project: Path) -> Path:
    stacks = project / "stacks"
    (stacks / "__main__.py").write_text(PROGRAM)
    (stacks / "Pulumi.dev.yaml").write_text(STACK.format(tier="low", account="000000000001"))
    prepared_for_a_real_account = "secretsprovider: awskms://alias/acme?region=us-east-1\nencryptedkey: AQIDAHg=\n"
    (stacks / "Pulumi.prod.yaml").write_text(
        prepared_for_a_real_account + STACK.format(tier="critical", account="000000000003")
    )
    return project


@pytest.fixture
def running(landscape: Path, sandbox: Run) -> Path:
    done = sandbox("up", "--no-table")
    assert done.returncode == 0, done.stderr
    return landscape


def keys(project: Path, name: str) -> list[str]:
    """Descriptions of the keys that exist in an environment's account."""
    registry = json.loads((project / ".sandbox" / "sandbox.json").read_text())
    script = f"""
import boto3
kms = boto3.Session(profile_name={name!r}).client("kms")
for key in kms.list_keys()["Keys"]:
    found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    if found["KeyManager"] == "CUSTOMER":
        print(found["Description"])
"""
    assert name in registry["stacks"]
    profiles = project / ".sandbox" / "aws"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_CONFIG_FILE": str(profiles / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(profiles / "credentials"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return sorted(done.stdout.splitlines())


def processes(project: Path) -> list[int]:
    """Every process that has this project's sandbox on its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(project / ".sandbox").encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_up_brings_every_environment_to_its_own_account(running: Path) -> None:
    assert keys(running, "dev") == [f"dev {number}" for number in range(4)]
    assert keys(running, "prod") == [f"prod {number}" for number in range(4)]


def test_up_again_changes_nothing(running: Path, sandbox: Run) -> None:
    again = sandbox("up", "--no-table")
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("none changed") == 2
    assert len(keys(running, "dev")) == 4


def test_plain_pulumi_works_and_leaves_stack_files_as_they_are(running: Path, pulumi: Run) -> None:
    files = sorted((running / "stacks").glob("*.yaml"))
    before = [file.read_bytes() for file in files]
    for arguments in (["preview", "-s", "prod"], ["refresh", "-s", "prod", "--yes"], ["up", "-s", "dev", "--yes"]):
        done = pulumi(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()
    assert [file.read_bytes() for file in files] == before
    assert sorted((running / "stacks").glob("*.yaml")) == files


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
    inodes = set()
    for process in processes(running):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            inodes.update(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
    tables = [Path("/proc/net", family).read_text().splitlines()[1:] for family in ("tcp", "tcp6")]
    sockets = [line.split() for table in tables for line in table]
    listening = [fields[1] for fields in sockets if fields[3] == "0A" and fields[9] in inodes]
    loopback = ("0100007F", "0000000000000000FFFF00000100007F")
    assert len(listening) >= 5
    assert [address for address in listening if address.partition(":")[0] not in loopback] == []


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


def test_a_failing_program_is_shown_with_its_own_words(running: Path, sandbox: Run) -> None:
    (running / "stacks" / "broken").touch()
    done = sandbox("up", "--env", "dev", "--no-table")
    (running / "stacks" / "broken").unlink()
    assert done.returncode == 1
    assert "the program is broken on purpose" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cloud_that_died_is_started_anew_and_its_state_forgotten(running: Path, sandbox: Run) -> None:
    told = json.loads((running / ".sandbox" / "sandbox.json").read_text())
    os.kill(told["stacks"]["dev"]["pid"], signal.SIGKILL)
    assert sandbox("status").returncode == 1
    advanced = sandbox("advance", "1d")
    assert advanced.returncode == 1
    assert "no cloud runs for dev; run `make up` first" in advanced.stderr
    again = sandbox("up", "--no-table")
    assert again.returncode == 0, again.stderr
    assert keys(running, "dev") == [f"dev {number}" for number in range(4)]
    assert "prod: 6 resources, none changed" in again.stderr


def test_up_recovers_from_a_killed_one_and_doubles_nothing(running: Path, sandbox: Run) -> None:
    assert sandbox("down").returncode == 0
    slow = running / "stacks" / "slow"
    slow.touch()
    command = [sys.executable, "-m", "sandbox", "up", "--env", "dev", "--no-table"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.Popen(
        command,
        cwd=running,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    state = running / ".sandbox" / "state" / ".pulumi" / "stacks" / "keystead" / "dev.json"
    assert eventually(lambda: state.exists() and state.read_text().count('"aws:kms/key:Key"') >= 2)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(timeout=30)
    slow.unlink()
    done = sandbox("up", "--env", "dev", "--no-table")
    assert done.returncode == 0, done.stderr
    assert keys(running, "dev") == [f"dev {number}" for number in range(4)]


def test_a_process_of_a_killed_start_does_not_stay_behind(running: Path, sandbox: Run) -> None:
    registry = running / ".sandbox" / "sandbox.json"
    orphan = json.loads(registry.read_text())["stacks"]["dev"]["pid"]
    registry.unlink()
    assert sandbox("up", "--no-table").returncode == 0
    assert orphan not in processes(running)
    assert len(processes(running)) == 3


def test_up_after_an_update_starts_anew_what_runs_the_older_code_and_says_so(running: Path, sandbox: Run) -> None:
    registry = running / ".sandbox" / "sandbox.json"
    before = json.loads(registry.read_text())
    older = json.loads(registry.read_text())
    older["stacks"]["dev"]["code"] = older["provider"]["aws"]["code"] = "of last week"
    registry.write_text(json.dumps(older))
    done = sandbox("up", "--no-table")
    assert done.returncode == 0, done.stderr
    assert "account 000000000001 runs other code than this checkout's: it starts anew, and empty" in done.stderr
    assert "prod: 6 resources, none changed" in done.stderr
    after = json.loads(registry.read_text())
    assert after["stacks"]["dev"]["pid"] != before["stacks"]["dev"]["pid"]
    assert after["stacks"]["prod"] == before["stacks"]["prod"]
    assert after["provider"]["aws"]["pid"] != before["provider"]["aws"]["pid"]
    assert after["stacks"]["dev"]["code"] == before["stacks"]["dev"]["code"]
    assert len(processes(running)) == 3


def test_two_commands_at_once_are_told_apart(running: Path, sandbox: Run) -> None:
    (running / "stacks" / "slow").touch()
    command = [sys.executable, "-m", "sandbox", "up", "--env", "dev", "--no-table"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=running, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    ) as first:
        mark = running / ".sandbox" / "running" / "dev"
        assert eventually(mark.exists)
        second = sandbox("up", "--no-table")
        os.killpg(first.pid, signal.SIGKILL)
    (running / "stacks" / "slow").unlink()
    assert second.returncode == 1
    assert "another command is changing this sandbox; wait for it to end" in second.stderr


BAD = {
    ("up", "--env", "prd"): (2, "no environment 'prd'; choose among dev, prod"),
    ("advance", "90"): (2, "'90' is not a stretch of time; write 90d, 12h or 30m"),
    ("advance", "0d"): (2, "'0d' is not a stretch of time"),
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
    assert len(processes(landscape)) == 3
    shutil.rmtree(landscape / ".sandbox")
    assert eventually(lambda: not processes(landscape))


DISKS = {
    "full before": "clouds.shutil.disk_usage = lambda _: namedtuple('Usage', 'free')(5 * 1024**2)",
    "full on the way": "clouds.ensure = lambda *_: os.write(os.open('/dev/full', os.O_WRONLY), b'x')",
}


@pytest.mark.parametrize(
    ("disk", "told"),
    [("full before", "error: only 5 MB are free at "), ("full on the way", "error: the disk is full;")],
)
def test_a_full_disk_is_said_in_one_line(landscape: Path, tmp_path: Path, disk: str, told: str) -> None:
    program = (
        f"import os\nfrom collections import namedtuple\nfrom sandbox.command import app, clouds\n{DISKS[disk]}\napp()"
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


def test_without_a_sandbox_the_commands_say_how_to_start_one(landscape: Path, sandbox: Run) -> None:
    sandbox("down")
    assert "no cloud runs for any environment; run `make up` first" in sandbox("advance", "1d").stderr
    told = sandbox("env")
    assert (told.returncode, told.stdout) == (1, "")
    assert "the sandbox does not run; run `make up` first" in told.stderr


def test_down_leaves_no_process_and_can_be_repeated(running: Path, sandbox: Run) -> None:
    assert len(processes(running)) == 3
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


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 90
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
