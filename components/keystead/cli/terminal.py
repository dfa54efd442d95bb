"""How the command speaks while it works: progress, notices and errors, all on standard error."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Timer

import typer

PATIENCE = 2.0
"""Seconds a person waits before being told what is going on."""


def notice(text: str) -> None:
    """Print a sentence that is not the result."""
    typer.echo(text, err=True)


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Say what is being waited for once it takes longer than people like to wait."""
    with ExitStack() as shown:
        timer = Timer(PATIENCE, _begin, (doing, shown))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _begin(doing: str, shown: ExitStack) -> None:
    if not sys.stderr.isatty():
        notice(f"{doing} ...")
        return
    # Imported here: a command that is done sooner needs no spinner.
    from rich.console import Console  # noqa: PLC0415

    shown.enter_context(Console(stderr=True, highlight=False, emoji=False).status(doing))
