"""When a cloud ends: a signal, the death of its owner, a removed sandbox, or twelve hours without a request."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

IDLE_SECONDS = 12 * 3600


def watch(owner: int | None, last_request: Callable[[], float], last_deed: Callable[[], object]) -> None:
    """End the process on a signal, when its owner dies, when idle or unknown; `last_deed` ends its children."""

    def end(_number: int = 0, _frame: FrameType | None = None) -> None:
        last_deed()
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


def _watch(owner: int | None, last_request: Callable[[], float], end: Callable[[], None]) -> None:
    while time.monotonic() - last_request() < IDLE_SECONDS and (owner is None or alive(owner)):
        if os.fstat(sys.stdout.fileno()).st_nlink == 0:  # the file it told its ports to was removed with its sandbox
            break
        time.sleep(0.5)
    end()
