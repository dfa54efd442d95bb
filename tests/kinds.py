"""Which of three kinds a test is: `unit` needs no cloud, `cloud` a local cloud, `e2e` the engine and a cloud.

A test's kind follows from the fixtures it asks for; a test or a file that starts something itself carries its mark.
"""

import functools
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[1]
KINDS = {"unit", "cloud", "e2e"}
LANDSCAPES = ("full_landscape", "aws_landscape", "destructive_landscape", "gcp_landscape")
"""Fixtures of tests/e2e, each with many tests; those that take longest come first."""
USERS_OF_SDKS = ("tests/components/aws/", "tests/components/gcp/", "tests/components/test_environment.py")
"""Tests that provision against Pulumi's mocks: importing the SDKs takes seconds, and they share what is provisioned."""
STARTED_BY = {
    "cloud": {"account", "cloud", "google", "local", "own_account", "own_cloud"},
    "e2e": {*LANDSCAPES, "pulumi", "sandbox"},
}
"""Fixtures that start a local cloud, and those that start the engine with or without one."""

_CLOUDS = ("keystead_sandbox.local_aws", "keystead_sandbox.local_gcp", "keystead_sandbox.pulumi_provider")
_unit_test_runs = False


def kind_of(file: str, fixtures: Collection[str]) -> str:
    """The kind of a test that carries no mark; in tests/e2e, those that ask for nothing only read files."""
    if file.startswith("tests/e2e/") and fixtures:
        return "e2e"
    return next((kind for kind in ("e2e", "cloud") if STARTED_BY[kind] & {*fixtures}), "unit")


@functools.cache
def group_of(file: str) -> str:
    """What runs in one worker: the files of a landscape, which name its fixture, those that import the SDKs, or one."""
    if file.startswith(USERS_OF_SDKS):
        return "SDKs"
    text = (ROOT / file).read_text() if file.startswith("tests/e2e/") else ""
    return next((landscape for landscape in LANDSCAPES if landscape in text), file)


def starts_a_cloud(command: Collection[str]) -> bool:
    """Whether a command line is a local cloud's, the provider's, the engine's or the whole sandbox's."""
    words = [*command]
    module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    return (
        module in _CLOUDS
        or (module == "sandbox" and "up" in words)
        or (bool(words) and PurePath(words[0]).name == "pulumi" and words[1:] != ["version"])
    )


@contextmanager
def nothing_started() -> Iterator[None]:
    """Refuse every process of a cloud or of the engine meanwhile."""
    global _unit_test_runs  # noqa: PLW0603 - an audit hook cannot be taken away, so it is switched
    before, _unit_test_runs = _unit_test_runs, True
    try:
        yield
    finally:
        _unit_test_runs = before


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _unit_test_runs and isinstance(arguments[1], list | tuple):
        command = [str(word) for word in arguments[1]]
        if starts_a_cloud(command):
            told = "a unit test starts a cloud or the engine; mark it `cloud` or `e2e`, or let it use their fixtures"
            raise RuntimeError(f"{told}: {' '.join(command[:6])}")


sys.addaudithook(_refuse)
