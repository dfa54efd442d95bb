"""Which test shows the behaviour that a patch of ministack gives."""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])

SHOWN: dict[str, list[str]] = {}
"""Path of a patch -> the tests that fail without it."""


def shows(*paths: str) -> Callable[[Test], Test]:
    """Mark a test as one that fails when the behaviour of these patches is gone."""

    def mark(test: Test) -> Test:
        for path in paths:
            SHOWN.setdefault(path, []).append(test.__name__)
        return test

    return mark
