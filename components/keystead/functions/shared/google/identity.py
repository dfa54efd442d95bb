"""Access tokens: cached until shortly before they expire, and fetched from the metadata server on GCP."""

import json
import os
import time
from collections.abc import Callable

from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google.transport import MACHINE
from keystead.functions.shared.redaction import Sensitive

EARLY = 225.0
"""Seconds before its expiry at which a token is replaced: google-auth's REFRESH_THRESHOLD, below the five minutes for
which the metadata server answers the same token again."""

ATTEMPTS = 3

Fetch = Callable[[], tuple[Sensitive, float]]
"""Fetches a new token and its lifetime in seconds."""


class Tokens:
    """Caches one token. Its age is measured with the machine's own clock, not the sandbox's."""

    def __init__(self, fetch: Fetch, seconds: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._token: Sensitive | None = None
        self._until = 0.0

    def get(self) -> Sensitive:
        """Return a token that is valid for some minutes at least."""
        if self._token is None or self._seconds() >= self._until:
            asked = self._seconds()
            self._token, lifetime = self._fetch()
            self._until = asked + lifetime - EARLY
        return self._token

    def forget(self) -> None:
        """Drop the cached token: it was refused."""
        self._token = None


def metadata_token() -> tuple[Sensitive, float]:
    """Fetch a token of the function's own account from the metadata server."""
    found = json.loads(_metadata("instance/service-accounts/default/token"))
    return Sensitive(found["access_token"]), float(found["expires_in"])


def project_number() -> str:
    """Return the number of the project the function runs in."""
    return _metadata("project/numeric-project-id").decode("ascii")


def _metadata(path: str) -> bytes:
    """Ask the metadata server. Source: "About VM metadata", and the header by which its answers are recognised."""
    host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
    for _ in range(ATTEMPTS):
        url = f"http://{host}/computeMetadata/v1/{path}"
        answer = MACHINE.send("GET", url, {"Metadata-Flavor": "Google"})
        if answer.status == 200 and answer.flavour == "Google":
            return answer.content
    status = "no metadata" if answer.status else type(answer.cause).__name__
    raise ApiError(f"metadata.{path.rpartition('/')[2]}", answer.status, status)
