"""Times and durations as Google writes them: RFC 3339 in UTC with nanoseconds, and seconds with an `s`."""

import re
from datetime import UTC, datetime

from keystead_sandbox.local_gcp.errors import invalid


def text(moment: float) -> str:
    """A moment for people and programs."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def whole(moment: float) -> str:
    """A moment without a fraction, as IAM Credentials writes it and Google's own library demands it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(moment: str) -> float:
    """The moment in seconds since 1970."""
    cut = re.sub(r"(\.\d{6})\d+", r"\1", moment)
    try:
        return datetime.fromisoformat(cut.upper()).timestamp()
    except ValueError as error:
        raise invalid(f"Invalid timestamp '{moment}'.") from error


def duration(given: str) -> float:
    """Seconds of a duration such as `86400s`."""
    return float(given.removesuffix("s"))
