"""Times as AWS's services write them into JSON texts."""

from datetime import UTC, datetime


def iso(timestamp: float) -> str:
    """Seconds since 1970 as `2026-11-27T20:05:10Z`."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
