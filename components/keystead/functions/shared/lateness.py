"""From when on a rotation is late: the same for the rotator, which reports it, and for whoever shows it."""

import datetime as dt

GRACE = dt.timedelta(days=1)
"""How long after its date a rotation is late: Secrets Manager on AWS rotates at any time in a window of up to a day."""


def late_after(every: dt.timedelta) -> dt.timedelta:
    """Return the age at which a value that is replaced once in `every` is late."""
    return every + min(every, GRACE)
