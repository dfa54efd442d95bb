"""The one seam through which the functions read time: the real clock, ahead by what the sandbox says, if it says so."""

import datetime as dt
import os
from pathlib import Path

from keystead.functions.shared.contract import CLOCK_VARIABLE


def now() -> dt.datetime:
    """Return the time in UTC; in the sandbox plus the whole seconds in the file that KEYSTEAD_CLOCK names."""
    return dt.datetime.now(dt.UTC) + _ahead()


def _ahead() -> dt.timedelta:
    name = os.environ.get(CLOCK_VARIABLE)
    if not name:
        return dt.timedelta()
    try:
        text = Path(name).read_text(encoding="ascii")
    except FileNotFoundError:
        return dt.timedelta()
    return dt.timedelta(seconds=float(text.strip() or 0))
