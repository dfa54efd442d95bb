"""Timestamps in the spec: a date, or a time with its zone, written in quotes."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_PATTERN = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$"


def _parse(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str) and re.fullmatch(_PATTERN, value, re.ASCII):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a date that exists") from None
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    raise ValueError(
        'must be a date such as "2027-06-30", or a time with its zone such as "2027-06-30T18:00:00Z", in quotes'
    )


def format_timestamp(timestamp: datetime) -> str:
    """Write a timestamp in UTC as RFC 3339 does, in whole seconds; such texts sort by time."""
    return timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp = Annotated[
    datetime,
    PlainValidator(_parse),
    PlainSerializer(format_timestamp),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["2027-06-30"]}),
]
"""A timestamp, in UTC; a date alone means 00:00 UTC."""
