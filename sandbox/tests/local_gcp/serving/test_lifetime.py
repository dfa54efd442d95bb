import stat
from pathlib import Path

import pytest
from tests.local_gcp.conftest import DEV, PROD, LocalCloud, start
from tests.local_process import ends_with_its_owner, listens_on_loopback_alone, refused_words

pytestmark = pytest.mark.cloud


def test_a_cloud_ends_with_its_owner(tmp_path: Path) -> None:
    assert ends_with_its_owner(start, tmp_path)


def test_a_deployers_token_is_for_its_user_alone_and_for_its_project(cloud: LocalCloud) -> None:
    for project in (DEV, PROD):
        mode = (cloud.directory / "tokens" / f"{project}.token").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert cloud.call("GET", f"/v1/projects/{PROD}/secrets", project=DEV).code == 403


def test_only_loopback_is_listened_on(cloud: LocalCloud) -> None:
    assert listens_on_loopback_alone(cloud)


def test_a_malformed_project_id_is_refused_in_one_line(tmp_path: Path) -> None:
    told = refused_words(
        "keystead_sandbox.local_gcp", tmp_path, "--project", "Acme", "--tokens", str(tmp_path / "tokens")
    )
    assert told.startswith("--project Acme: a project id has 6 to 30")
