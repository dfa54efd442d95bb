"""Gives a test the process's logging to itself: handlers, level and record factory are put back afterwards."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def clean_logging() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.handlers[:], root.filters[:], root.level, logging.getLogRecordFactory()
    root.handlers, root.filters = [], []
    try:
        yield root
    finally:
        root.handlers, root.filters = before[0], before[1]
        root.setLevel(before[2])
        logging.setLogRecordFactory(before[3])
