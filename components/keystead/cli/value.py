"""Takes a value from a person or a pipe without letting it be seen: never an argument, a print, a log or a file."""

import getpass
import sys
import warnings
from typing import BinaryIO

from keystead.cli.terminal import notice
from keystead.functions.shared.redaction import Sensitive
from keystead.model.errors import KeysteadError

LARGEST = 65_536
"""Bytes Secrets Manager holds in one value (its quota `Secret value size`)."""
TERMINAL_LINE = 4_095
"""Bytes a terminal passes on of one line (Linux `MAX_CANON` minus the newline); it drops the rest without a word."""


class InvalidValueError(KeysteadError):
    """A value that cannot be stored as it is; the message never holds it."""


def take_value(name: str) -> Sensitive:
    """Read the value from standard input, or ask for it twice where that is a terminal."""
    return _prompted(name) if sys.stdin.isatty() else from_pipe(sys.stdin.buffer)


def from_pipe(stream: BinaryIO) -> Sensitive:
    """Read all of a pipe and drop exactly one line end, which `echo` and editors add."""
    raw = stream.read(LARGEST + 3)
    for ending in (b"\r\n", b"\n"):
        if raw.endswith(ending):
            raw = raw[: -len(ending)]
            break
    return _checked(raw)


def _prompted(name: str) -> Sensitive:
    """Ask twice; the prompt comes only once the terminal no longer shows what is typed, so that haste shows nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            typed = getpass.getpass(f"Value of {name} (hidden): ")
            while getpass.getpass("Once more: ") != typed:
                notice("The two values differ. Try again:")
                typed = getpass.getpass(f"Value of {name} (hidden): ")
        except getpass.GetPassWarning:
            raise InvalidValueError("this terminal would show the value. Give it on standard input instead.") from None
        except EOFError:
            raise InvalidValueError("no value was given. Nothing was written.") from None
    if len(typed.encode()) >= TERMINAL_LINE:
        raise InvalidValueError(
            f"a terminal cuts a line off after {TERMINAL_LINE} bytes. Nothing was written; give a value of this size "
            "on standard input instead."
        )
    return _checked(typed.encode())


def _checked(raw: bytes) -> Sensitive:
    if len(raw) > LARGEST:
        raise InvalidValueError(
            f"the value is larger than {LARGEST} bytes, the most the store holds. Nothing was written."
        )
    if not raw.strip():
        raise InvalidValueError("the value is empty. Nothing was written.")
    try:
        return Sensitive(raw.decode())
    except UnicodeDecodeError:
        raise InvalidValueError(
            "the value is not UTF-8 text. Nothing was written; encode binary values first, for example with base64."
        ) from None
