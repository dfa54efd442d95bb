from collections.abc import Iterator

import pytest
from tests.local_gcp.conftest import DEV, LocalCloud, start

READS = 600


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    running = start(tmp_path_factory.mktemp("strict"), "--strict")
    running.advance(60)
    yield running
    running.stop()


def test_a_project_reads_its_secrets_600_times_a_minute_and_accesses_them_more_often(cloud: LocalCloud) -> None:
    path = cloud.secret("counted", "value")
    answers = [cloud.call("GET", path) for _ in range(READS + READS // 5)]
    refused = [answer for answer in answers if answer.code == 429]
    assert refused
    assert (refused[0].status, "Read requests per minute" in refused[0].message) == ("RESOURCE_EXHAUSTED", True)
    assert cloud.read(path) == "value"
    cloud.advance(60)
    cloud.ok("GET", f"/v1/projects/{DEV}/secrets")
