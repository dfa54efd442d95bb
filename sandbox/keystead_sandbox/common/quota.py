"""How many calls a cloud takes in a stretch of its time."""

import threading
from collections.abc import Callable


class Quota:
    """So many calls in so many seconds; what is not used comes back evenly, as a token bucket's does."""

    def __init__(self, now: Callable[[], float], calls: int, seconds: float = 1) -> None:
        self._now = now
        self._calls = calls
        self._seconds = seconds
        self._left, self._since = float(calls), now()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Count a call; False where it is one too many."""
        with self._lock:
            now = self._now()
            self._left = min(self._calls, self._left + (now - self._since) * self._calls / self._seconds)
            self._since = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
