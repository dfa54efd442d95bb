"""Calls of Google's APIs within the quota of the project they belong to, which all its callers share."""

import collections
import time
from collections.abc import Callable, Mapping
from typing import Any

from keystead.functions.shared.google.calls import ApiCalls

PER_MINUTE = 400
"""Reads, and as many writes, that one process makes in a minute: of the 600 that Secret Manager allows a project, the
rest is for others. Values may be read 90,000 times. Source: Secret Manager, "Quotas and limits"."""

_MINUTE = 60.0


class PacedCalls:
    """Calls that wait where they would be too many in a minute."""

    def __init__(
        self,
        calls: ApiCalls,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        per_minute: int = PER_MINUTE,
    ) -> None:
        self._calls = calls
        self._pause = pause
        self._clock = clock
        self._reads: collections.deque[float] = collections.deque(maxlen=per_minute)
        self._writes: collections.deque[float] = collections.deque(maxlen=per_minute)

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call a method once its turn has come."""
        if not path.endswith(":access"):
            self._wait(self._reads if http == "GET" else self._writes)
        return self._calls.call(http, service, path, body, query=query, repeat=repeat)

    def _wait(self, made: collections.deque[float]) -> None:
        if len(made) == made.maxlen:
            left = made[0] + _MINUTE - self._clock()
            if left > 0:
                self._pause(left)
        made.append(self._clock())
