"""Google's APIs as JSON over HTTPS: tokens, bounded retries, errors without the answers' text.

Source of what is worth another try: "Retry strategy" of Secret Manager and IAM, truncated exponential backoff with
jitter.
"""

import json
import random
import re
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, Protocol

from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google import transport
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.shared.sandbox import google_endpoint

ATTEMPTS = 4
RETRIED = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses worth another try; 0 is a connection that broke."""
THROTTLED = 429
"""The one of them that is sure to have had no effect."""


class Tokens(Protocol):
    """Where the caller's tokens come from."""

    def get(self) -> Sensitive:
        """Return a token that works."""

    def forget(self) -> None:
        """Get a new one next time."""


class Api:
    """Calls methods of Google's APIs as one account."""

    def __init__(self, tokens: Tokens | None, pause: Callable[[float], None] = time.sleep) -> None:
        self._tokens = tokens
        self._pause = pause

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call a method and return its answer; ApiError with method and status where it fails for good.

        Without `repeat` only what had no effect for sure is tried again.
        """
        url = f"{_base(service)}/{path}"
        if query:
            url = f"{url}?{urllib.parse.urlencode(query)}"
        content = None if body is None else json.dumps(body).encode()
        answer = self._exchange(http, url, content, RETRIED if repeat else frozenset({THROTTLED}))
        if not 200 <= answer.status < 300:
            raise ApiError(_method(http, service, path), answer.status, _status(answer))
        try:
            found = json.loads(answer.content or b"{}")
        except ValueError:
            raise ApiError(_method(http, service, path), answer.status, "no JSON") from None
        return found if isinstance(found, dict) else {}

    def _exchange(self, http: str, url: str, content: bytes | None, retried: frozenset[int]) -> transport.Answer:
        renewed = False
        attempt = 1
        while True:
            answer = transport.send(http, url, self._headers(), content)
            if answer.status == 401 and self._tokens is not None and not renewed:
                self._tokens.forget()
                renewed = True
                continue
            if answer.status not in retried or attempt == ATTEMPTS:
                return answer
            self._pause(random.uniform(0.1, 0.4 * 2**attempt))  # noqa: S311  # jitter is no secret
            attempt += 1

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        if self._tokens is not None:
            headers["Authorization"] = f"Bearer {self._tokens.get().reveal()}"
        return headers


def _base(service: str) -> str:
    return google_endpoint() or f"https://{service}.googleapis.com"


def _method(http: str, service: str, path: str) -> str:
    """Name the method as Google does, without the ids in its path: `GET secretmanager.projects.secrets.versions`."""
    names, _, verb = path.partition(":")
    collections = [part for part in names.split("/")[1::2] if part.isalpha()]
    return f"{http} {'.'.join([service, *collections, *([verb] if verb else [])])}"


def _status(answer: transport.Answer) -> str:
    """Return the error's code word, never its message."""
    if not answer.status:
        return answer.content.decode("ascii", "replace")
    try:
        word = json.loads(answer.content)["error"]["status"]
    except (ValueError, KeyError, TypeError):
        return "failed"
    return word if isinstance(word, str) and re.fullmatch(r"[A-Z_]{2,40}", word) else "failed"
