"""How tests run: each has one kind; hypothesis is judged by the promise alone, never by the clock."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.kinds import KINDS, kind_of, nothing_started

settings.register_profile(
    "keystead", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("keystead")


def pytest_configure(config: pytest.Config) -> None:
    """Run the unit tests alone where neither a path nor a mark says what to run."""
    if not config.option.markexpr and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.option.markexpr = "unit"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its kind; begin with what takes minutes a file, so that both workers are busy to the end."""
    for item in items:
        marked = {mark.name for mark in item.iter_markers()} & KINDS
        if len(marked) > 1:
            raise pytest.UsageError(f"{item.nodeid} is marked {' and '.join(sorted(marked))}; leave one")
        if not marked:
            item.add_marker(kind_of(getattr(item, "fixturenames", ())))
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Hold a unit test and its fixtures to needing no cloud."""
    if item.get_closest_marker("unit") is None:
        return (yield)
    with nothing_started():
        return (yield)
