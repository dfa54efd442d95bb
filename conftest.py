"""How tests run: each has one kind; hypothesis is judged by the promise alone, never by the clock."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.kinds import KINDS, LANDSCAPES, group_of, kind_of, nothing_started

settings.register_profile(
    "keystead", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("keystead")

TURNS = {"e2e": 0, "cloud": 2, "unit": 3}
"""The turn of each kind after the landscapes: files that take longer first, so that both workers end together."""


def pytest_configure(config: pytest.Config) -> None:
    """Run the unit tests alone where neither a path nor a mark says what to run.

    A shell starts a job in the background with SIGINT ignored, and so would every process that a test interrupts.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.option.markexpr and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.option.markexpr = "unit"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its kind, and begin with what takes longest, so that no worker waits at the end."""
    for item in items:
        file, fixtures = item.nodeid.partition("::")[0], getattr(item, "fixturenames", ())
        marked = {mark.name for mark in item.iter_markers()} & KINDS
        if len(marked) > 1:
            raise pytest.UsageError(f"{item.nodeid} is marked {' and '.join(sorted(marked))}; leave one")
        if not marked:
            item.add_marker(kind_of(file, fixtures))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """The landscapes one after the other, then by what starts: the engine, the SDKs, a cloud, nothing."""
    group = group_of(item.nodeid.partition("::")[0])
    if group in LANDSCAPES:
        return LANDSCAPES.index(group)
    if group == "SDKs":
        return len(LANDSCAPES) + 1
    return len(LANDSCAPES) + next(turn for kind, turn in TURNS.items() if item.get_closest_marker(kind))


class ByLandscape(LoadScopeScheduling):  # type: ignore[misc] # of a package without types
    """Gives the files of one landscape to one worker, and any other file as a whole.

    In place of `--dist loadgroup`, which pytest-xdist 3.8 does by names of tests that pytest 9.2 keeps elsewhere.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByLandscape:
    """Hand out tests by landscape, whatever `--dist` says."""
    return ByLandscape(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Hold a unit test and its fixtures to needing no cloud."""
    if item.get_closest_marker("unit") is None:
        return (yield)
    with nothing_started():
        return (yield)
