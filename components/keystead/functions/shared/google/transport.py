"""HTTP with the standard library, with limits on time and size and without redirects."""

import functools
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import NamedTuple

SECONDS = 10.0
"""Longest wait for an answer; four attempts end within a minute, as on AWS."""

LARGEST = 1024 * 1024
"""Bytes of an answer that are read: a value has at most 64 KiB (Secret Manager quotas)."""


class Answer(NamedTuple):
    """The answer to a request; status 0 where there was none."""

    status: int
    content: bytes = b""
    flavour: str = ""
    """The header by which the metadata server's answers are recognised."""
    cause: Exception | None = None
    """Why there was no answer."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: Google's APIs send none, and a token must not be sent wherever an answer points."""

    def redirect_request(self, *_: object) -> None:
        """Refuse."""


class Transport:
    """Sends requests; the trusted certificates are read at the first one, which takes some 30 ms."""

    def __init__(
        self,
        trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        *,
        direct: bool = False,
        seconds: float = SECONDS,
        largest: int = LARGEST,
    ) -> None:
        self._trusted = trusted
        self._direct = direct
        """Whether requests go past proxies, as they must for an address inside the machine."""
        self._seconds = seconds
        self._largest = largest

    @functools.cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        https = urllib.request.HTTPSHandler(context=self._trusted())
        direct = [urllib.request.ProxyHandler({})] if self._direct else []
        return urllib.request.build_opener(_NoRedirect, https, *direct)

    def send(self, http_method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Send one request and return the answer, whatever its status."""
        request = urllib.request.Request(url, content, {**headers}, method=http_method)  # noqa: S310  # made by our code
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return Answer(answer.status, answer.read(self._largest), answer.headers.get("Metadata-Flavor", ""))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(self._largest))
        except urllib.error.URLError as error:
            cause = error.reason
            return Answer(0, cause=cause if isinstance(cause, Exception) else error)
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, cause=error)


INTERNET = Transport()
"""For Google's APIs; one per process, so that the certificates are read once."""

MACHINE = Transport(direct=True)
"""For the metadata server."""
