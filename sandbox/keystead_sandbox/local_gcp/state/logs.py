"""Log entries of the projects, newest last; the oldest are dropped when there are too many."""

import itertools
from collections import deque
from collections.abc import Callable, Iterator

from keystead_sandbox.local_gcp.api.errors import Json

MOST_ENTRIES = 20_000

Watcher = Callable[[str, Json], None]


class Logs:
    """Entries by project."""

    def __init__(self) -> None:
        self._entries: dict[str, deque[Json]] = {}
        self._numbers = itertools.count(1)
        self._written: dict[str, int] = {}
        self.watchers: list[Watcher] = []
        """Called with every entry: log-based metrics and sinks."""

    def write(self, project: str, entry: Json) -> None:
        """Keep an entry."""
        entry.setdefault("insertId", f"{next(self._numbers):012x}")
        self._entries.setdefault(project, deque(maxlen=MOST_ENTRIES)).append(entry)
        self._written[project] = self._written.get(project, 0) + 1
        for watcher in self.watchers:
            watcher(project, entry)

    def of(self, project: str) -> Iterator[Json]:
        """The entries of a project, oldest first."""
        return iter(list(self._entries.get(project, ())))

    def since(self, project: str, seen: int) -> tuple[list[Json], int]:
        """The entries after the first `seen` ones that were ever written, and how many there are by now."""
        written = self._written.get(project, 0)
        entries = self._entries.get(project, deque())
        return list(itertools.islice(reversed(entries), min(written - seen, len(entries)))), written
