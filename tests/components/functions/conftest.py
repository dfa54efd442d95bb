"""Gives a test the process's logging to itself, as a Lambda function has it; put back afterwards."""

import logging
from collections.abc import Generator, Iterator

import pytest
from keystead.functions.shared import redaction


def is_pytests(handler: logging.Handler) -> bool:
    return type(handler).__module__ == "_pytest.logging"


@pytest.fixture(autouse=True)
def no_values_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests of this process called a value: it would be masked in this one's words."""
    monkeypatch.setattr(redaction, "_forms", ())
    monkeypatch.setattr(redaction, "_values", set())


@pytest.fixture
def clean_logging() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, filters, level, factory = root.handlers[:], root.filters[:], root.level, logging.getLogRecordFactory()
    try:
        yield root
    finally:
        root.handlers = [handler for handler in root.handlers if is_pytests(handler) or handler in handlers]
        root.filters = filters
        root.setLevel(level)
        logging.setLogRecordFactory(factory)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Take pytest's own handlers away while a test with `clean_logging` runs: they come after the fixtures."""
    root = logging.getLogger()
    taken = [handler for handler in root.handlers if is_pytests(handler)]
    if "clean_logging" not in pyfuncitem.fixturenames:
        return (yield)
    for handler in taken:
        root.removeHandler(handler)
    try:
        return (yield)
    finally:
        for handler in taken:
            root.addHandler(handler)
