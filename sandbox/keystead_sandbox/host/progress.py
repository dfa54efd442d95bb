"""Live progress: bars on a terminal, a plain line now and then elsewhere."""

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINE_SECONDS = 10
"""How often a long step says a plain line where there is no terminal."""


class Board:
    """One row per environment; safe to use from several threads."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._started = time.monotonic()
        self._told: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def add(self, name: str, colour: str) -> None:
        """Give an environment its row, in its colour."""
        self._tasks[name] = self._bars.add_task(f"[{colour}]{name}[/]", total=None, note="")

    def show(self, name: str, done: int, total: int, note: str) -> None:
        """Tell how far an environment is."""
        self._bars.update(self._tasks[name], completed=done, total=max(total, 1), note=note)
        self._line(name, f"{done}/{total} {note}", force=False)

    def note(self, name: str, note: str) -> None:
        """Tell what an environment waits for."""
        self._bars.update(self._tasks[name], note=note)
        self._line(name, note, force=False)

    def finish(self, name: str, note: str) -> None:
        """Tell that an environment is done."""
        self._bars.update(self._tasks[name], note=note)
        self._bars.stop_task(self._tasks[name])
        self._line(name, note, force=True)

    def say(self, text: str) -> None:
        """Tell a step that belongs to no environment."""
        if self.console.is_terminal:
            self.console.print(text, style="dim", markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _line(self, name: str, text: str, *, force: bool) -> None:
        if self.console.is_terminal:
            return
        now = time.monotonic()
        with self._lock:
            when, before = self._told.get(name, (self._started, ""))
            if text != before and (force or now - when >= LINE_SECONDS):
                self._told[name] = (now, text)
                print(f"{name}: {text} ({now - self._started:.0f} s)", file=sys.stderr, flush=True)
