"""One running pack for all tests of a process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "policies"))

from tests.policies.analyzer import Analyzer, running


@pytest.fixture(scope="session")
def analyzer() -> Iterator[Analyzer]:
    with running() as started:
        yield started
