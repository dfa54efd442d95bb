"""Google's own clients for tests. They run in a process of their own, since pulumi brings another google.rpc.Status."""

import atexit
import base64
import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class GoogleCallError(Exception):
    """A call that Google's client ended with an error; `reason` is that of its ErrorInfo."""

    def __init__(self, message: str, reason: str | None) -> None:
        super().__init__(message)
        self.reason = reason


class BadRequest(GoogleCallError):  # noqa: N818 - named as Google's own
    """HTTP 400."""


class Forbidden(GoogleCallError):  # noqa: N818
    """HTTP 403."""


class NotFound(GoogleCallError):  # noqa: N818
    """HTTP 404."""


class GoogleClient:
    """Google's client of one service; its methods are called by their own names and with their own arguments.

    In an answer, fields are attributes, enums are names and durations are seconds.
    """

    def __init__(self, service: str, endpoint: str, token: str, authority: Path | None = None) -> None:
        self._client = [service, endpoint, token, str(authority or "")]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return functools.partial(self._call, method)

    def _call(self, method: str, **arguments: Any) -> Any:
        return asked({"client": self._client, "method": method, "arguments": arguments})


def numbers(enum: str) -> dict[str, int]:
    """The numbers of an enum of Google's clients."""
    return dict(vars(asked({"enum": enum})))


def asked(question: dict[str, Any]) -> Any:
    """Send a question to the process and return its answer."""
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question, default=_encoded) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the process of Google's clients has ended; what it said is on standard error"
    answer = json.loads(line, object_hook=_decoded)
    if kind := getattr(answer, "error", None):
        kinds = {one.__name__: one for one in GoogleCallError.__subclasses__()}
        raise kinds.get(kind, GoogleCallError)(f"{kind}: {answer.message}", answer.reason)
    return answer.result


@functools.cache
def _process() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("google_process.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def _encoded(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _decoded(document: dict[str, Any]) -> Any:
    if set(document) == {"base64"}:
        return base64.b64decode(document["base64"])
    return SimpleNamespace(**document)
