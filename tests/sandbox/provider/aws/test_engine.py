"""Every type of the table under the real engine: up, refresh, drift, update, replacement, interruption, destroy."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import engine as pulumi_engine
from sandbox import shell
from sandbox.provider.aws.table import RESOURCES
from sandbox.registry import Registry
from tests.sandbox.provider.aws.conftest import Local

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("program.py")


class Pulumi:
    """Plain `pulumi` in a project of its own."""

    def __init__(self, local: Local) -> None:
        self.project = local.place.project
        self._environment = shell.process_environment(local.place, Registry.load(local.place.registry))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *arguments, "-s", "trial"],
            cwd=self.project,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        assert (process.returncode != 0) == fails, output
        return output

    def resources(self) -> dict[str, list[str]]:
        deployment = json.loads(self("stack", "export"))["deployment"]
        found: dict[str, list[str]] = {}
        for resource in deployment.get("resources", []):
            found.setdefault(resource["type"], []).append(resource.get("id", ""))
        return found


@pytest.fixture(scope="module")
def pulumi(local: Local) -> Iterator[Pulumi]:
    shutil.copy(PROGRAM, local.place.stacks / "__main__.py")
    (local.place.project / "Pulumi.yaml").write_text(
        "name: keystead-test\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n"
    )
    (local.place.stacks / "Pulumi.trial.yaml").write_text("config: {}\n")
    shell.install(local.place, pulumi_engine.find(lambda _: None))
    pulumi = Pulumi(local)
    pulumi("stack", "init")
    yield pulumi
    pulumi("destroy", "--yes", "--skip-preview")


def _configure(pulumi: Pulumi, **values: str) -> None:
    lines = [f"  keystead-test:{name}: {value}" for name, value in values.items()]
    (pulumi.project / "stacks" / "Pulumi.trial.yaml").write_text("\n".join(["config:", *lines]) + "\n")


def test_all_types_live_through_a_stacks_whole_life(pulumi: Pulumi, local: Local) -> None:
    pulumi("up", "--yes", "--skip-preview")
    assert set(RESOURCES) <= set(pulumi.resources())
    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    local.client("iam").update_role(RoleName="engine-rotator", MaxSessionDuration=7200)
    local.client("cloudwatch").delete_alarms(AlarmNames=["engine-failed"])
    drift = pulumi("refresh", "--yes", "--skip-preview", "--diff")
    assert "maxSessionDuration" in drift
    assert "aws:cloudwatch/metricAlarm:MetricAlarm" not in pulumi.resources()
    pulumi("up", "--yes", "--skip-preview")
    assert local.client("iam").get_role(RoleName="engine-rotator")["Role"]["MaxSessionDuration"] == 3600
    assert local.client("cloudwatch").describe_alarms(AlarmNames=["engine-failed"])["MetricAlarms"]

    before = pulumi.resources()
    _configure(pulumi, variation="changed", place="moved")
    assert "1 replaced" in pulumi("up", "--yes", "--skip-preview")
    assert {**pulumi.resources(), "aws:kms/alias:Alias": ["alias/engine/data"]} == before
    aliases = {alias["AliasName"] for alias in local.client("kms").list_aliases()["Aliases"]}
    assert "alias/engine/moved" in aliases
    assert "alias/engine/data" not in aliases
    pulumi("preview", "--expect-no-changes")

    pulumi("destroy", "--yes", "--skip-preview")
    assert not [name for name in pulumi.resources() if name in RESOURCES]


def test_a_killed_update_is_finished_by_the_next_one_with_nothing_doubled(pulumi: Pulumi, local: Local) -> None:
    journal = local.place.directory / "provider-journal-aws.json"
    process = pulumi.start("up", "--yes", "--skip-preview")
    deadline = time.monotonic() + 60
    while '"id": "mrk-' not in journal.read_text() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    pulumi("cancel", "--yes")
    pulumi("up", "--yes", "--skip-preview")
    client = local.client("kms")
    keys = [client.describe_key(KeyId=entry["KeyId"])["KeyMetadata"] for entry in client.list_keys()["Keys"]]
    ours = [key for key in keys if key["Description"].startswith("encrypts") and key["KeyState"] == "Enabled"]
    assert [key["KeyId"] for key in ours] == pulumi.resources()["aws:kms/key:Key"]
    pulumi("preview", "--expect-no-changes")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ('"aws:kms/key:Key", "wrong", {"descripton": "x"}', "did you mean 'description'"),
        ('"aws:kms/vault:Vault", "unknown", {}', "cannot make aws:kms/vault:Vault"),
    ],
)
def test_what_the_table_does_not_know_is_refused_by_name(
    pulumi: Pulumi, local: Local, resource: str, reason: str
) -> None:
    program = local.place.stacks / "__main__.py"
    program.write_text(f"import pulumi\npulumi.CustomResource({resource})\n")
    output = pulumi("preview", fails=True)
    shutil.copy(PROGRAM, program)
    assert reason in output
