"""Every type of the table under the real engine: up, refresh, drift, update, replacement, interruption, destroy."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from tests.pulumi_provider.gcp.conftest import Local
from tests.pulumi_provider.local_sandbox import NUMBER, PROJECT
from tests.pulumi_provider.real_engine import Pulumi

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).with_name("program.py")
KEY = "gcp:kms/cryptoKey:CryptoKey"
LEVEL = "gcp:accesscontextmanager/accessLevel:AccessLevel"
JOB = "gcp:cloudscheduler/job:Job"


@pytest.fixture(scope="module")
def pulumi(local: Local) -> Iterator[Pulumi]:
    pulumi = Pulumi.prepared(local.place, PROGRAM)
    yield pulumi
    pulumi("destroy", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def policy(local: Local) -> str:
    made = local.call("POST", "/v1/accessPolicies", {"parent": "organizations/2", "title": "engine"})
    return str(made["response"]["name"])


def test_all_types_live_through_a_stacks_whole_life(pulumi: Pulumi, local: Local, policy: str) -> None:
    fixed = {"ring": "engine-whole", "pool": "engine-whole", "policy": policy}
    pulumi.configure(**fixed)
    pulumi("preview")
    pulumi("up", "--yes", "--skip-preview")
    assert set(RESOURCES) <= set(pulumi.resources())
    assert pulumi("stack", "output", "number").strip() == NUMBER
    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    pulumi("preview", "--expect-no-changes")

    key = f"/v1/{pulumi.resources()[KEY][0]}"
    job = f"/v1/{pulumi.resources()[JOB][0]}"
    local.call("PATCH", f"{key}?updateMask=labels", {"labels": {"keystead-environment": "other", "theirs": "kept"}})
    local.call("DELETE", job)
    drift = pulumi("refresh", "--yes", "--skip-preview", "--diff")
    assert "abels" in drift
    assert JOB not in pulumi.resources()
    pulumi("up", "--yes", "--skip-preview")
    labels = local.call("GET", key)["labels"]
    assert labels["keystead-environment"] == "trial"
    assert labels["theirs"] == "kept"
    assert local.call("GET", job)["schedule"] == "0 * * * *"

    before = pulumi.resources()
    pulumi.configure(variation="changed", place="moved", **fixed)
    assert "2 replaced" in pulumi("up", "--yes", "--skip-preview")
    after = pulumi.resources()
    assert after[LEVEL] == [before[LEVEL][0].replace("office", "moved")]
    assert local.call("GET", key)["rotationPeriod"] == "7776000s"
    pulumi("preview", "--expect-no-changes")

    pulumi("destroy", "--yes", "--skip-preview")
    assert not [name for name in pulumi.resources() if name in RESOURCES]
    states = {version["state"] for version in local.call("GET", f"{key}/cryptoKeyVersions")["cryptoKeyVersions"]}
    assert states == {"DESTROY_SCHEDULED"}


def test_a_killed_update_is_finished_by_the_next_one_with_nothing_doubled(
    pulumi: Pulumi, local: Local, policy: str
) -> None:
    pulumi.configure(ring="engine-killed", pool="engine-killed", policy=policy)
    journal = local.place.directory / "provider-journal-gcp.json"
    process = pulumi.start("up", "--yes", "--skip-preview")
    deadline = time.monotonic() + 60
    while "alertPolicies" not in journal.read_text() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    pulumi("cancel", "--yes")
    pulumi("up", "--yes", "--skip-preview")
    found = local.call("GET", f"/v3/projects/{PROJECT}/alertPolicies")["alertPolicies"]
    ours = [one["name"] for one in found if one["displayName"] == "engine failed"]
    assert ours == pulumi.resources()["gcp:monitoring/alertPolicy:AlertPolicy"]
    pulumi("preview", "--expect-no-changes")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ('"gcp:kms/cryptoKey:CryptoKey", "wrong", {"rotationPerod": "1s"}', "did you mean 'rotationPeriod'"),
        ('"gcp:kms/vault:Vault", "unknown", {}', "cannot make gcp:kms/vault:Vault"),
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
