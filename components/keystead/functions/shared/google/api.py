"""Google's APIs as JSON over HTTPS: tokens, a limited number of retries, errors without the text of answers.

Source of what is retried: "Retry strategy" of Secret Manager and IAM, truncated exponential backoff with
jitter.
"""

import json
import random
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google.transport import INTERNET, Answer, Transport
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.shared.sandbox import google_endpoint

ATTEMPTS = 4
RETRIED = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses after which a call is retried; 0 is a connection that failed."""
THROTTLED = 429
"""The only one of them after which the call certainly had no effect."""


class Tokens(Protocol):
    """Where the caller's tokens come from."""

    def get(self) -> Sensitive:
        """Return a token that works."""

    def forget(self) -> None:
        """Get a new one next time."""


def endpoint(service: str) -> str:
    """Return the base URL of an API by its short name: Google's own, or the sandbox's."""
    return google_endpoint() or f"https://{service}.googleapis.com"


class Api:
    """Calls methods of Google's APIs as one account.

    Its errors hold the status word of an answer and nothing else of it; a subclass may make errors that say more.
    """

    retried: frozenset[int] = RETRIED
    """Statuses after which a call that may be repeated is tried again."""

    def __init__(
        self,
        tokens: Tokens | None,
        pause: Callable[[float], None] = time.sleep,
        *,
        endpoint: Callable[[str], str] = endpoint,
        transport: Transport = INTERNET,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._tokens = tokens
        self._pause = pause
        self._endpoint = endpoint
        self._transport = transport
        self._extra = dict(headers or {})

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call a method and return its answer; ApiError with method and status where it fails for good.

        Without `repeat` a call is retried only where it certainly had no effect.
        """
        url = f"{self._endpoint(service)}/{path}"
        if query:
            url = f"{url}?{urllib.parse.urlencode(query)}"
        content = None if body is None else json.dumps(body).encode()
        answer = self._exchange(http, url, content, self.retried if repeat else self.retried & {THROTTLED})
        if not 200 <= answer.status < 300:
            raise self.failure(_method(http, service, path), service, answer)
        try:
            found = json.loads(answer.content or b"{}")
        except ValueError:
            raise ApiError(_method(http, service, path), answer.status, "no JSON") from None
        return found if isinstance(found, dict) else {}

    def failure(self, method: str, service: str, answer: Answer) -> ApiError:  # noqa: ARG002  # for subclasses
        """Return the error for a call that failed; `service` is the short name of the API."""
        return ApiError(method, answer.status, _status(answer))

    def _exchange(self, http: str, url: str, content: bytes | None, retried: frozenset[int]) -> Answer:
        renewed = False
        attempt = 1
        while True:
            answer = self._transport.send(http, url, self._headers(), content)
            if answer.status == 401 and self._tokens is not None and not renewed:
                self._tokens.forget()
                renewed = True
                continue
            if answer.status not in retried or attempt == ATTEMPTS:
                return answer
            self._pause(random.uniform(0.1, 0.4 * 2**attempt))  # noqa: S311  # jitter is no secret
            attempt += 1

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", **self._extra}
        if self._tokens is not None:
            headers["Authorization"] = f"Bearer {self._tokens.get().reveal()}"
        return headers


def _method(http: str, service: str, path: str) -> str:
    """Return the method as Google names it, without the ids in its path: `GET secretmanager.projects.secrets`."""
    names, _, verb = path.partition(":")
    collections = [part for part in names.split("/")[1::2] if part.isalpha()]
    return f"{http} {'.'.join([service, *collections, *([verb] if verb else [])])}"


def _status(answer: Answer) -> str:
    """Return the status word of the error, never its message."""
    if not answer.status:
        return type(answer.cause).__name__
    try:
        word = json.loads(answer.content)["error"]["status"]
    except (ValueError, KeyError, TypeError):
        return "failed"
    return word if isinstance(word, str) and re.fullmatch(r"[A-Z_]{2,40}", word) else "failed"
