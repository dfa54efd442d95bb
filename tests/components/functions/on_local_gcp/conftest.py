"""A local GCP for a test module, found by the functions as the sandbox lets them find it."""

from collections.abc import Iterator

import pytest
from keystead.functions.shared.sandbox import CLOCK_VARIABLE, GOOGLE_VARIABLE

from tests.components.functions.on_local_gcp import local_gcp
from tests.components.functions.on_local_gcp.local_gcp import LocalGcp


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGcp]:
    running = local_gcp.start(tmp_path_factory.mktemp("gcp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(GOOGLE_VARIABLE, running.plain)
        patch.setenv(CLOCK_VARIABLE, str(running.directory / "clock"))
        running.prepare()
        yield running
    running.stop()
