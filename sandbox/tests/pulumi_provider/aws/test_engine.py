"""Every type of the table under the real engine: up, refresh, drift, update, replacement, interruption, destroy."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from tests.pulumi_provider.aws.conftest import Local
from tests.pulumi_provider.real_engine import Pulumi

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture(scope="module")
def pulumi(local: Local) -> Iterator[Pulumi]:
    pulumi = Pulumi.prepared(local.place, PROGRAM)
    yield pulumi
    pulumi("destroy", "--yes", "--skip-preview")


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
    pulumi.configure(variation="changed", place="moved")
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
