"""One command at a time changes a sandbox."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.place import Place


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Let one command at a time change the sandbox; the kernel releases the lock when its holder dies."""
    place.prepare()
    with (place.directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError("another command is changing this sandbox", "wait for it to end") from None
        yield
