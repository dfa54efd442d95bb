"""The main job, end to end: up, read, rotate, end of the overlap, destroy."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.e2e.landscape import ENVIRONMENTS, MESH, OFFICE, Sandbox, copied_project, on_one_cloud


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = copied_project(tmp_path_factory.mktemp("journey"))
    on_one_cloud(project, "aws", *ENVIRONMENTS)
    made = Sandbox(project / ".sandbox", project)
    try:
        made.up("--env", "dev", "--env", "prod")
        yield made
    finally:
        made.down()


def test_a_value_is_born_rotated_overlaps_and_is_gone_after_the_overlap(sandbox: Sandbox) -> None:
    role = sandbox.outputs("dev")["roles"]["checkout-reader"]

    def read(stage: str = "AWSCURRENT") -> str:
        return sandbox.read("dev", role, "payments-api-key", OFFICE, stage)

    first = read()
    assert first.startswith("pay_")
    sandbox.sandbox("advance", "181d")
    second = read()
    assert second != first
    assert read("AWSPREVIOUS") == first
    sandbox.sandbox("advance", "31d")
    assert read() == second
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        read("AWSPREVIOUS")


def test_a_retired_value_cannot_be_reached_by_its_version_either(sandbox: Sandbox) -> None:
    name = "prod/payments-api-key"
    store = sandbox.client("prod", "secretsmanager")
    described = store.describe_secret(SecretId=name)["VersionIdsToStages"]
    listed = store.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    retired = [one["VersionId"] for one in listed if one["VersionId"] not in described]
    reader = sandbox.assume("prod", sandbox.outputs("prod")["roles"]["checkout-reader"])
    client = sandbox.client("prod", "secretsmanager", reader, address=MESH)
    assert client.get_secret_value(SecretId=name)["SecretString"].startswith("pay_")
    for version in (*retired, *described):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.get_secret_value(SecretId=name, VersionId=version)


def test_status_shows_the_rotation_it_just_rehearsed(sandbox: Sandbox) -> None:
    secrets = {one["name"]: one for one in sandbox.status("prod")["secrets"]}
    assert secrets["payments-api-key"]["last_rotation"] is not None
    assert secrets["card-processor-key"]["state"] == "waiting"


def test_up_again_changes_nothing(sandbox: Sandbox) -> None:
    preview = sandbox.run("pulumi", "preview", "-s", "prod", "--expect-no-changes")
    assert preview.code == 0, preview.output
    sandbox.must("pulumi", "refresh", "-s", "prod", "--yes")
    again = sandbox.run("pulumi", "preview", "-s", "prod", "--expect-no-changes")
    assert again.code == 0, again.output


def test_production_refuses_to_destroy_its_protected_keys_and_says_how_to(sandbox: Sandbox) -> None:
    refused = sandbox.run("pulumi", "destroy", "-s", "prod", "--yes")
    assert refused.code != 0
    assert "protect" in refused.output
    assert "protected: false" in refused.output or "pulumi state unprotect" in refused.output
    key = sandbox.client("prod", "kms").describe_key(KeyId="alias/prod/data")["KeyMetadata"]
    assert key["KeyState"] == "Enabled"


def test_dev_is_destroyed_whole_and_its_names_are_free_at_once(sandbox: Sandbox) -> None:
    sandbox.must("pulumi", "destroy", "-s", "dev", "--yes", "--skip-preview")
    assert sandbox.client("dev", "secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    sandbox.must("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
    names = {one["Name"] for one in sandbox.client("dev", "secretsmanager").list_secrets()["SecretList"]}
    assert "dev/payments-api-key" in names
