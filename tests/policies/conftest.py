"""One running pack for all tests of a process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "policies")]

from analyzer import Analyzer, running  # noqa: E402 - found through the line above


@pytest.fixture(scope="session")
def analyzer() -> Iterator[Analyzer]:
    with running() as started:
        yield started
