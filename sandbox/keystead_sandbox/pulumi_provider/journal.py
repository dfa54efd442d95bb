"""What was created but may never have been recorded by an engine that was killed.

Before the first call of a create the plugin writes an intent under the resource's URN; after it, the id. The entry goes
when the engine shows that it knows the id (it diffs, reads, updates or deletes it). A create that finds an entry takes
up what the interrupted one left instead of making it twice.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider.errors import ConfigurationError

MOST_LINES = 1000
"""Lines that the file may have beyond a few for each entry before it is written anew."""


@dataclass(frozen=True)
class Entry:
    """One create: the id once the cloud gave one, and what looked alike before it began."""

    id: str = ""
    before: tuple[str, ...] = ()


class Journal:
    """A file beside the registry; every change is on disk before the call it speaks of goes on.

    A change is one line at its end, so that an update of thousands of resources writes each of them once. The file is
    written anew by the first change after a start, and where it has grown to many times what is still known.

    While some create has no id yet, ids that the engine has recorded meanwhile are kept as `settled`: whoever looks for
    what such a create left must not take one of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._settled: set[str] = set()
        self._lines: int | None = None
        self._load()
        self._running: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def exclusive(self, urn: str) -> Iterator[None]:
        """Let one create of a URN run at a time: a killed engine's create may still be under way."""
        with self._lock:
            lock, waiting = self._running.get(urn, (threading.Lock(), 0))
            self._running[urn] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._running.pop(urn)
                if waiting > 1:
                    self._running[urn] = (lock, waiting - 1)

    def find(self, urn: str) -> Entry | None:
        """Return what is known of a create whose answer may be lost."""
        with self._lock:
            return self._entries.get(urn)

    def claimed(self) -> frozenset[str]:
        """Return every id that another create owns."""
        with self._lock:
            return frozenset(entry.id for entry in self._entries.values() if entry.id) | frozenset(self._settled)

    def intend(self, urn: str, before: list[str]) -> None:
        """Note that a create begins, and what could be mistaken for its result."""
        with self._lock:
            self._note({"urn": urn, "entry": asdict(Entry(before=tuple(before)))})

    def made(self, urn: str, resource_id: str) -> None:
        """Note the id that the cloud gave."""
        with self._lock:
            self._note({"urn": urn, "entry": asdict(Entry(resource_id))})

    def forget(self, urn: str) -> None:
        """Drop an entry: nothing was made, or it is gone."""
        with self._lock:
            if urn in self._entries:
                self._note({"urn": urn, "entry": None})

    def recorded(self, urn: str, resource_id: str) -> None:
        """The engine knows this id: nothing is lost."""
        with self._lock:
            entry = self._entries.get(urn)
            if entry and entry.id == resource_id:
                self._note({"urn": urn, "entry": None, "settled": resource_id})

    def _load(self) -> None:
        try:
            # Without its end, the last line is one that a killed process did not finish: its call has not gone on.
            for line in self._path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    self._take(json.loads(line))
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigurationError(
                f"cannot read {self._path} ({type(error).__name__}); remove it if no update was interrupted"
            ) from None

    def _take(self, change: dict[str, Any]) -> None:
        """Take one change into what is known."""
        entry = change["entry"]
        if entry is None:
            self._entries.pop(change["urn"], None)
        else:
            self._entries[change["urn"]] = Entry(entry["id"], tuple(entry["before"]))
        if "settled" in change:
            self._settled.add(change["settled"])
        if self._settled and all(known.id for known in self._entries.values()):
            self._settled.clear()

    def _note(self, change: dict[str, Any]) -> None:
        self._take(change)
        if self._lines is None or self._lines > MOST_LINES + 4 * len(self._entries):
            self._rewrite()
            return
        with self._path.open("a") as file:
            file.write(_line(change))
        self._lines += 1

    def _rewrite(self) -> None:
        """Write what is known to a new file, which takes the place of the old one at once."""
        lines = [_line({"urn": urn, "entry": asdict(entry)}) for urn, entry in self._entries.items()]
        lines += [_line({"urn": "", "entry": None, "settled": settled}) for settled in sorted(self._settled)]
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(lines)
        draft.replace(self._path)
        self._lines = len(lines)


def _line(change: dict[str, Any]) -> str:
    return f"{json.dumps(change)}\n"
