"""Keeps secret values out of logs: every value the process has seen as `Sensitive` is masked in every log record.

Masking is not a call to remember: `install` makes it happen where log records are created and where they are written,
for all loggers, the libraries' debug output included.
"""

import base64
import hmac
import json
import logging
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NoReturn, SupportsIndex

MASK = "[redacted]"

_PART_LENGTH = 8
"""Shortest line or JSON field of a value that is masked on its own; shorter ones are words of ordinary text."""

_lock = threading.Lock()
_values: set[str] = set()
_forms: tuple[str, ...] = ()


class Sensitive:
    """A secret value that shows itself only when asked with `reveal`, and that no log record will show."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        _remember(value)
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Sensitive({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sensitive):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would say something about the value

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Sensitive value is never copied or pickled")


class RedactionFilter(logging.Filter):
    """Masks the known values in all that a record holds: message, arguments, exception, stack and extra fields."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; a record that cannot be masked loses its text, never the mask."""
        try:
            _mask_record(record)
        except Exception:  # noqa: BLE001  # whatever a foreign __str__ raises, the text must not get out
            _empty(record)
        return True


def mask(text: str) -> str:
    """Return the text with every known value, in each of its usual spellings, replaced by MASK."""
    for form in _forms:
        text = text.replace(form, MASK)
    return text


def install() -> None:
    """Mask every record from now on, of every logger and handler, those added later included."""
    root = logging.getLogger()
    for place in (root, *root.handlers):
        if not any(isinstance(present, RedactionFilter) for present in place.filters):
            place.addFilter(RedactionFilter())
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _MaskedRecords):
        logging.setLogRecordFactory(_MaskedRecords(factory))


class _MaskedRecords:
    """Record factory that masks each record it creates: filters on the root logger alone miss what children log."""

    def __init__(self, factory: Callable[..., logging.LogRecord]) -> None:
        self._factory = factory
        self._filter = RedactionFilter()

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._factory(*args, **kwargs)
        self._filter.filter(record)
        return record


def _remember(value: str) -> None:
    global _forms  # noqa: PLW0603  # replaced as a whole, so that readers need no lock
    with _lock:
        if value in _values:
            return
        _values.add(value)
        forms = {*_forms, *(form for part in _parts(value) for form in _spellings(part))}
        _forms = tuple(sorted(forms, key=len, reverse=True))


def _parts(value: str) -> Iterator[str]:
    """Yield the value, its lines and, where it is JSON, its fields: each may appear in a log by itself."""
    if value:
        yield value
    yield from (line for line in value.splitlines() if len(line) >= _PART_LENGTH)
    try:
        document = json.loads(value)
    except ValueError:
        return
    yield from (field for field in _fields(document) if len(field) >= _PART_LENGTH)


def _fields(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for entry in document.values():
            yield from _fields(entry)
    elif isinstance(document, list):
        for entry in document:
            yield from _fields(entry)


def _spellings(text: str) -> Iterator[str]:
    """Yield the text as logs may show it: plain, in JSON, in a repr, in JSON within a repr, in base64, in a URL."""
    quoted = [text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]]
    yield from quoted
    yield from (repr(form)[1:-1] for form in quoted)
    yield from (repr(form.encode())[2:-1] for form in quoted)
    yield base64.b64encode(text.encode()).decode()
    yield base64.urlsafe_b64encode(text.encode()).decode()
    yield urllib.parse.quote(text, safe="")
    yield urllib.parse.quote_plus(text)


def _mask_record(record: logging.LogRecord) -> None:
    record.msg, record.args = record.getMessage(), ()
    if record.exc_info:
        record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
        record.exc_info = None
    for name, content in record.__dict__.items():
        record.__dict__[name] = _mask_content(content)


def _mask_content(content: object) -> object:
    """Mask structures part by part, so that they stay what they are, and anything else through its repr."""
    if isinstance(content, str):
        return mask(content)
    if isinstance(content, int | float | None):
        return content
    if isinstance(content, dict):
        return {_mask_content(name): _mask_content(entry) for name, entry in content.items()}
    if isinstance(content, list | tuple):
        parts = [_mask_content(entry) for entry in content]
        return parts if isinstance(content, list) else tuple(parts)
    text = mask(repr(content))
    return content if text == repr(content) else text


def _empty(record: logging.LogRecord) -> None:
    standard = logging.makeLogRecord({})
    for name in set(record.__dict__) - set(standard.__dict__):
        del record.__dict__[name]
    record.msg, record.args = "a log record was withheld because it could not be redacted", ()
    record.exc_info = record.exc_text = record.stack_info = None
