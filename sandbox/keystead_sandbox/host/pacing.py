"""The clock of a strict sandbox goes on fast while something is deployed, so that nothing waits minutes for a right."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.advance import on
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Registry

STEP_SECONDS, EVERY_SECONDS = 10, 0.5
"""How far the clock is moved, and how often."""

logger = logging.getLogger("keystead.pacing")


@contextmanager
def hurried(place: Place, registry: Registry) -> Iterator[None]:
    """Move the clocks of all clouds until the end of the block."""
    ended = threading.Event()
    thread = threading.Thread(target=_move, args=(place, registry, ended), name="pacing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _move(place: Place, registry: Registry, ended: threading.Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        try:
            on(place, registry, STEP_SECONDS)
        except SandboxError as error:
            logger.warning("the clock was not moved: %s", error)
            return
