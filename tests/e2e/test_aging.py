"""What becomes of values and environments: rotation, overlap, its end, destruction; on either cloud and on both."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from tests.google_client import BadRequest, NotFound

from tests.e2e.conftest import User
from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import OFFICE, Sandbox, edited

Read = Callable[[str], str]
"""Reads a version, `current` or `previous`, as a reader does."""


@pytest.fixture(scope="module")
def sandbox(destructive_landscape: User) -> Sandbox:
    return destructive_landscape.sandbox


def reading(sandbox: Sandbox, cloud: str, secret: str) -> Read:
    """Read a secret of dev with the role of a reader, or of break-glass on GCP."""

    def on_aws(version: str) -> str:
        role = sandbox.outputs("dev")["roles"]["checkout-reader"]
        return sandbox.read("dev", role, secret, OFFICE, {"current": "AWSCURRENT", "previous": "AWSPREVIOUS"}[version])

    def on_gcp(version: str) -> str:
        project = Project(sandbox, "dev")
        return project.read(secret, project.impersonate(project.outputs["roles"]["break-glass"]), version)

    return {"aws": on_aws, "gcp": on_gcp}[cloud]


@pytest.mark.parametrize(
    ("secret", "days", "clouds"),
    [
        ("checkout-session-secret", 7, ["aws"]),
        ("warehouse-salt", 7, ["gcp"]),
        ("order-events-secret", 5, ["aws", "gcp"]),
    ],
)
def test_a_value_is_replaced_when_due_overlaps_and_is_gone_after_the_overlap(
    sandbox: Sandbox, secret: str, days: int, clouds: list[str]
) -> None:
    reads = [reading(sandbox, cloud, secret) for cloud in clouds]
    (first,) = {read("current") for read in reads}
    sandbox.advance_to(sandbox.following("dev", secret) + dt.timedelta(hours=26))
    (second,) = {read("current") for read in reads}
    assert second != first
    assert {read("previous") for read in reads} == {first}
    sandbox.sandbox("advance", f"{days}d")
    assert {read("current") for read in reads} == {second}
    for read in reads:
        with pytest.raises((ClientError, NotFound), match=r"ResourceNotFoundException|404"):
            read("previous")


def test_a_retired_value_cannot_be_reached_by_its_version_either(sandbox: Sandbox) -> None:
    name = "dev/payments-api-key"
    for _ in range(2):
        sandbox.must("keystead", "rotate", "payments-api-key", "--env", "dev", "--end-previous")
    store = sandbox.client("dev", "secretsmanager")
    labelled = store.describe_secret(SecretId=name)["VersionIdsToStages"]
    listed = store.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    retired = [one["VersionId"] for one in listed if one["VersionId"] not in labelled]
    assert retired
    reader = sandbox.assume("dev", sandbox.outputs("dev")["roles"]["checkout-reader"])
    client = sandbox.client("dev", "secretsmanager", reader, address=OFFICE)
    assert client.get_secret_value(SecretId=name)["SecretString"].startswith("pay_")
    for version in (*retired, *labelled):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.get_secret_value(SecretId=name, VersionId=version)


def test_a_first_value_on_gcp_is_closed_once_another_took_its_place_and_its_overlap_ended(sandbox: Sandbox) -> None:
    dev = Project(sandbox, "dev")
    sandbox.must("keystead", "rotate", "forecast-api-token", "--env", "dev", "--end-previous")
    sandbox.sandbox("advance", "31d")
    planner = dev.impersonate(dev.outputs["roles"]["stock-planner-reader"])
    assert dev.read("forecast-api-token", planner).startswith("fc_")
    with pytest.raises((BadRequest, NotFound)):
        dev.read("forecast-api-token", planner, "1")


def leave_gcp(spec: dict[str, Any]) -> None:
    """Take away what the spec has on GCP."""
    spec["gcp"], spec["keys"] = None, {"analytics": None}
    spec["secrets"] |= {"warehouse-salt": None, "order-events-secret": {"readers": {"forecast": None}}}


def test_an_environment_is_destroyed_whole_on_both_clouds_and_its_secrets_names_are_free_at_once(
    sandbox: Sandbox,
) -> None:
    stacks = sandbox.project / "stacks"
    base = yaml.safe_load((stacks / "base.yaml").read_text())
    kept = {"payments-api-key", "order-events-secret", "warehouse-salt"}
    spec = {
        "tier": "low",
        "aws": {"account": "555555555555"},
        "gcp": {"project": "acme-trial", "number": "555555555555"},
        "secrets": {name: None for name in base["secrets"] if name not in kept},
    }
    config = {"pulumi:disable-default-providers": ["*"], "keystead:environment": spec}
    (stacks / "Pulumi.trial.yaml").write_text(yaml.safe_dump({"config": config}))
    sandbox.up("--env", "trial", "--no-table")
    trial = Project(sandbox, "trial")
    on_gcp = f"/v1/projects/{trial.id}/secrets"
    assert len(trial.ok("GET", on_gcp)["secrets"]) == 2
    sandbox.must("pulumi", "destroy", "-s", "trial", "--yes", "--skip-preview")
    store = sandbox.client("trial", "secretsmanager")
    assert trial.ok("GET", on_gcp) == {}
    assert store.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    edited(sandbox.project, "trial", leave_gcp)  # where a workload identity pool keeps its name for 30 days
    sandbox.must("pulumi", "up", "-s", "trial", "--yes", "--skip-preview")
    names = {one["Name"] for one in store.list_secrets()["SecretList"]}
    assert names == {"trial/payments-api-key", "trial/order-events-secret"}
