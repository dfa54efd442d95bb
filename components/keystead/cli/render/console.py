"""Where tables are printed."""

import os
import sys

from rich.console import Console

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
