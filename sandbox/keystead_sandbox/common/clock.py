"""A cloud's time: real UTC time plus an offset that only ever grows."""

import os
import threading
import time
from pathlib import Path


class Clock:
    """Seconds since 1970 in the sandbox; only ever moves forward."""

    def __init__(self, shared: Path, cloud: str) -> None:
        self.shared = shared
        self.file = shared.with_name(f"{shared.name}.{cloud}")
        self._offset = _read(shared)
        self._lock = threading.Lock()
        self._write(self.file)

    @property
    def offset(self) -> int:
        """Seconds this cloud is ahead of real time."""
        return self._offset

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._offset

    def move(self, offset: int) -> None:
        """Set the offset; smaller offsets than the present one are ignored."""
        with self._lock:
            if offset > self._offset:
                self._offset = offset
                self._write(self.file)

    def publish(self) -> None:
        """Write the offset to the file shared by the sandbox's clouds, unless it is further already."""
        if _read(self.shared) < self._offset:
            self._write(self.shared)

    def _write(self, file: Path) -> None:
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(f"{self._offset}\n")
        temporary.replace(file)


def _read(file: Path) -> int:
    try:
        return int(file.read_text().strip() or 0)
    except FileNotFoundError:
        return 0
