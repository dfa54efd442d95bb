"""How the command speaks: results on standard output, progress and errors on standard error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console

PATIENCE = 2.0
"""Seconds a person waits before being told what is going on."""
PLAIN_WIDTH = 160
"""Columns used where the output is no terminal and COLUMNS does not say."""


def results(plain_width: int = PLAIN_WIDTH) -> Console:
    """Return the console for results; it has colour only on a terminal, and none where NO_COLOR is set."""
    plain = not sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        width=plain_width if plain and "COLUMNS" not in os.environ else None,
        highlight=False,
        emoji=False,
    )


def messages() -> Console:
    """Return the console for progress, hints and errors."""
    return Console(file=sys.stderr, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Say what is being waited for once it takes longer than people like to wait."""
    console = messages()
    spinner = console.status(doing)
    begin = spinner.start if console.is_terminal else lambda: console.print(f"{doing} ...", markup=False)
    timer = Timer(PATIENCE, begin)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        spinner.stop()
