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

from keystead_sandbox.pulumi_provider.errors import ConfigurationError


@dataclass(frozen=True)
class Entry:
    """One create: the id once the cloud gave one, and what looked alike before it began."""

    id: str = ""
    before: tuple[str, ...] = ()


class Journal:
    """A small file beside the registry; every change is on disk before the call it speaks of goes on.

    While some create has no id yet, ids that the engine has recorded meanwhile are kept as `settled`: whoever looks for
    what such a create left must not take one of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries, self._settled = self._load()
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
            return frozenset(entry.id for entry in self._entries.values() if entry.id) | self._settled

    def intend(self, urn: str, before: list[str]) -> None:
        """Note that a create begins, and what could be mistaken for its result."""
        with self._lock:
            self._entries[urn] = Entry(before=tuple(before))
            self._save()

    def made(self, urn: str, resource_id: str) -> None:
        """Note the id that the cloud gave."""
        with self._lock:
            self._entries[urn] = Entry(resource_id)
            self._save()

    def forget(self, urn: str) -> None:
        """Drop an entry: nothing was made, or it is gone."""
        with self._lock:
            if self._entries.pop(urn, None) is not None:
                self._save()

    def recorded(self, urn: str, resource_id: str) -> None:
        """The engine knows this id: nothing is lost."""
        with self._lock:
            entry = self._entries.get(urn)
            if entry and entry.id == resource_id:
                del self._entries[urn]
                self._settled = self._settled | {resource_id}
                self._save()

    def _load(self) -> tuple[dict[str, Entry], frozenset[str]]:
        try:
            document = json.loads(self._path.read_text())
            entries = {urn: Entry(entry["id"], tuple(entry["before"])) for urn, entry in document["entries"].items()}
            return entries, frozenset(document["settled"])
        except FileNotFoundError:
            return {}, frozenset()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(
                f"cannot read {self._path} ({type(error).__name__}); remove it if no update was interrupted"
            ) from None

    def _save(self) -> None:
        if all(entry.id for entry in self._entries.values()):
            self._settled = frozenset()
        entries = {urn: asdict(entry) for urn, entry in self._entries.items()}
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"entries": entries, "settled": sorted(self._settled)}, file)
        draft.replace(self._path)
