from collections.abc import Iterator

import pytest
from tests.local_gcp.conftest import DEV, LocalCloud, start

GRANTS, SERVICES = 120, 60


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    running = start(tmp_path_factory.mktemp("strict"), "--strict")
    running.advance(SERVICES)
    yield running
    running.stop()


def test_a_grant_and_its_end_take_effect_late_and_are_read_back_at_once(cloud: LocalCloud) -> None:
    path, reader = cloud.secret("late", "value"), cloud.account("late-reader")
    token, member = cloud.impersonate(reader), f"serviceAccount:{reader}"
    cloud.grant(path, "roles/secretmanager.secretAccessor", member)
    shown = cloud.ok("GET", f"{path}:getIamPolicy")
    assert [binding["members"] for binding in shown["bindings"]] == [[member]]
    assert cloud.call("GET", f"{path}/versions/1:access", token=token).status == "PERMISSION_DENIED"
    cloud.advance(GRANTS)
    assert cloud.read(path, token=token) == "value"
    cloud.revoke(path, member)
    assert cloud.read(path, token=token) == "value"
    cloud.advance(GRANTS)
    assert cloud.call("GET", f"{path}/versions/1:access", token=token).status == "PERMISSION_DENIED"


def test_a_service_takes_calls_late_after_it_was_enabled(cloud: LocalCloud) -> None:
    service = f"/v1/projects/{DEV}/services/cloudkms.googleapis.com"
    cloud.ok("POST", f"{service}:disable", {})
    cloud.ok("POST", f"{service}:enable", {})
    rings = f"/v1/projects/{DEV}/locations/global/keyRings"
    refused = cloud.call("GET", rings)
    assert (refused.status, "wait a few minutes" in refused.message) == ("PERMISSION_DENIED", True)
    cloud.advance(SERVICES)
    assert cloud.ok("GET", rings) == {}
