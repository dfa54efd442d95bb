"""One running pack for all tests of a process."""

from collections.abc import Iterator

import pytest

from tests.policies.analyzer import Analyzer, running


@pytest.fixture(scope="session")
def analyzer() -> Iterator[Analyzer]:
    with running() as started:
        yield started
