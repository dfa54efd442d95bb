"""Moments in the spec: a date, or a time with its zone, written in quotes."""

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
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a date that exists") from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise ValueError(
        'must be a date such as "2027-06-30", or a time with its zone such as "2027-06-30T18:00:00Z", in quotes'
    )


def format_timestamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 does, in UTC and whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp = Annotated[
    datetime,
    PlainValidator(_parse),
    PlainSerializer(format_timestamp),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["2027-06-30"]}),
]
"""A moment, in UTC; a date alone means 00:00 UTC."""
