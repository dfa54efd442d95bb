"""Logs with one JSON object per line, for metric filters and people."""

import json
import logging
from typing import Any

from keystead.functions.shared import clock, redaction
from keystead.functions.shared.events import EVENT_FIELD

_LOGGER = logging.getLogger("keystead")
_FIELDS = "keystead_fields"

TIME_FIELD = "time"
"""Cloud Logging takes a time in RFC 3339 in this field for the entry's own ("Structured logging", special fields)."""

CLOUDWATCH, CLOUD_LOGGING = "level", "severity"
"""What each cloud's logs call a record's level; Cloud Logging takes a line's `severity` for the entry's own."""


def configure(level_field: str = CLOUDWATCH) -> None:
    """Give the process its log format, level and redaction; safe to repeat on every invocation."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        if not isinstance(handler.formatter, JsonFormatter):
            handler.setFormatter(JsonFormatter(level_field))
    if root.level in (logging.NOTSET, logging.WARNING):
        root.setLevel(logging.INFO)
    redaction.install()


def emit(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one of the events of events.py with its fields."""
    _LOGGER.log(level, event, extra={_FIELDS: {EVENT_FIELD: event, **fields}})


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; an event's fields stand at the top level."""

    def __init__(self, level_field: str = CLOUDWATCH) -> None:
        super().__init__()
        self._level_field = level_field

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, masked once more as a whole."""
        time = clock.now().isoformat(timespec="milliseconds")
        line: dict[str, Any] = {TIME_FIELD: time, self._level_field: record.levelname}
        line["logger"] = record.name
        if request := getattr(record, "aws_request_id", None):
            line["request"] = request
        fields = getattr(record, _FIELDS, None)
        line.update(fields if isinstance(fields, dict) else {"message": record.getMessage()})
        if record.exc_info or record.exc_text:
            line["exception"] = record.exc_text or self.formatException(record.exc_info or (None, None, None))
        return redaction.mask(json.dumps(line, default=str))
