"""The one place where time is read: the real clock, in the sandbox ahead by what the sandbox says."""

import datetime as dt
from pathlib import Path

from keystead.functions.shared.sandbox import clock_file


def now() -> dt.datetime:
    """Return the time in UTC; in the sandbox plus the seconds in the file that KEYSTEAD_CLOCK names."""
    return dt.datetime.now(dt.UTC) + _ahead()


def _ahead() -> dt.timedelta:
    name = clock_file()
    if name is None:
        return dt.timedelta()
    try:
        text = Path(name).read_text(encoding="ascii")
    except FileNotFoundError:
        return dt.timedelta()
    return dt.timedelta(seconds=float(text.strip() or 0))
