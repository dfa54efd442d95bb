"""When processes end: a cloud with its owner, its sandbox or after twelve idle hours, a worker with its cloud."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

IDLE_SECONDS = 12 * 3600


def watch(owner: int | None, last_request: Callable[[], float], end_children: Callable[[], object]) -> None:
    """End the process on a signal, when its owner dies, or when it is idle; `end_children` is called first."""

    def end(_number: int = 0, _frame: FrameType | None = None) -> None:
        end_children()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threading.Thread(target=_watch, args=(owner, last_request, end), name="lifetime", daemon=True).start()


def alive(process: int) -> bool:
    """Whether a process runs; one that is dead but not yet collected by its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def end_with_parent() -> None:
    """End this process, a worker that runs a function, when the cloud that started it has ended."""

    def wait(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=wait, args=(os.getppid(),), name="lifetime", daemon=True).start()


def kill_group(leader: int) -> None:
    """Kill a worker and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wanted(owner: int | None, last_request: float) -> bool:
    """Whether this process has an owner that lives, or none, a sandbox, and was asked for something lately."""
    return (
        time.monotonic() - last_request < IDLE_SECONDS
        and (owner is None or alive(owner))
        and os.fstat(sys.stdout.fileno()).st_nlink > 0  # the file with its ports is removed with its sandbox
    )


def _watch(owner: int | None, last_request: Callable[[], float], end: Callable[[], None]) -> None:
    while wanted(owner, last_request()):
        time.sleep(0.5)
    end()
