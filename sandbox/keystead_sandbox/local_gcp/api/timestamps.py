"""Times and durations as Google writes them: RFC 3339 in UTC with microseconds, and seconds with an `s`."""

import re
from datetime import UTC, datetime

from keystead_sandbox.local_gcp.api.errors import invalid


def text(seconds: float) -> str:
    """A timestamp in RFC 3339 with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def whole(seconds: float) -> str:
    """A timestamp without a fraction, as IAM Credentials writes it and Google's own library demands it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(timestamp: str) -> float:
    """The seconds since 1970 of a timestamp."""
    cut = re.sub(r"(\.\d{6})\d+", r"\1", timestamp)
    try:
        return datetime.fromisoformat(cut.upper()).timestamp()
    except ValueError as error:
        raise invalid(f"Invalid timestamp '{timestamp}'.") from error


def duration(given: str) -> float:
    """Seconds of a duration such as `86400s`."""
    return float(given.removesuffix("s"))
