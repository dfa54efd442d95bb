"""HTTP with the standard library: bounded in time and size, never redirected."""

import functools
import http.client
import ssl
import urllib.error
import urllib.request
from typing import NamedTuple

SECONDS = 10.0
"""Longest wait for an answer; four attempts fit into a minute, as on AWS."""

LARGEST = 1024 * 1024
"""Bytes of an answer that are read: a value has at most 64 KiB (Secret Manager quotas)."""


class Answer(NamedTuple):
    """What came back; status 0 where nothing did, with the error's type as the text."""

    status: int
    content: bytes
    flavour: str = ""
    """The metadata server's mark, by which nothing else can be taken for it."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Google's APIs do not redirect; a token must not follow to wherever an answer points."""

    def redirect_request(self, *_: object) -> None:
        """Refuse."""


@functools.cache
def _opener(*, direct: bool) -> urllib.request.OpenerDirector:
    """Build it once a container: reading the certificates of all authorities takes some 30 ms."""
    https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    return urllib.request.build_opener(_NoRedirect, https, *([urllib.request.ProxyHandler({})] if direct else []))


def send(
    http_method: str, url: str, headers: dict[str, str], content: bytes | None = None, *, direct: bool = False
) -> Answer:
    """Send one request; `direct` goes past proxies, as it must for an address inside the machine."""
    request = urllib.request.Request(url, content, headers, method=http_method)  # noqa: S310  # built by our own code
    try:
        with _opener(direct=direct).open(request, timeout=SECONDS) as answer:
            return Answer(answer.status, answer.read(LARGEST), answer.headers.get("Metadata-Flavor", ""))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(LARGEST))
    except urllib.error.URLError as error:
        return Answer(0, type(error.reason).__name__.encode())
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, type(error).__name__.encode())
