"""HTTP with Google's APIs at one endpoint: errors in Google's words, patience with busy services, operations polled.

Which answers are tried again follows the official provider (transport/error_retry_predicates: 429, 502, 503).
"""

import json
import random
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import urllib3

from keystead_sandbox.pulumi_provider.errors import CloudError, ConfigurationError
from keystead_sandbox.pulumi_provider.gcp.projects import Project

Json = dict[str, Any]
BUSY = frozenset({429, 502, 503})
TRIES = 6
"""How often a busy service is asked; the pauses grow from 0.1 s to 3 s."""
OPERATION_SECONDS = 1200
"""How long an operation may take; the official provider waits 20 minutes for most."""
_CODES = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
"""Names of google.rpc.Code, by number."""


class Client:
    """The deployer's connections to one project's cloud."""

    def __init__(self, cloud: Project) -> None:
        self._cloud = cloud
        self._pool = urllib3.PoolManager(
            maxsize=32, retries=False, timeout=urllib3.Timeout(connect=5, read=600), ca_certs=cloud.ca_bundle
        )

    def call(self, verb: str, path: str, body: Json | None = None, query: Mapping[str, Any] | None = None) -> Json:
        """Make a call with a JSON body and return the JSON answer."""
        content = None if body is None else json.dumps(body).encode()
        return self.send(verb, path, content, "application/json", query)

    def send(
        self, verb: str, path: str, content: bytes | None, kind: str, query: Mapping[str, Any] | None = None
    ) -> Json:
        """Make a call with any body; a refusal is an error that says the call and Google's status and words."""
        shown = f"{verb} {path}"
        url = self._cloud.endpoint + path + (f"?{urlencode(query, doseq=True)}" if query else "")
        for number in range(TRIES):
            answer = self._ask(verb, url, content, kind)
            if answer.status not in BUSY or number == TRIES - 1:
                break
            pause(number)
        if answer.status >= 400:
            raise _refusal(shown, answer)
        found = json.loads(answer.data) if answer.data.strip() else {}
        return found if isinstance(found, dict) else {}

    def _ask(self, verb: str, url: str, content: bytes | None, kind: str) -> urllib3.BaseHTTPResponse:
        headers = {"authorization": f"Bearer {self._cloud.token}", "content-type": kind}
        try:
            return self._pool.request(verb, url, body=content, headers=headers)
        except urllib3.exceptions.ConnectTimeoutError:
            raise self._silent("ConnectTimeoutError") from None
        except urllib3.exceptions.NewConnectionError:
            raise self._silent("NewConnectionError") from None
        except urllib3.exceptions.HTTPError as error:
            raise CloudError(verb, "", f"no answer ({type(error).__name__})") from None

    def _silent(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"the cloud of stack {self._cloud.stack!r} does not answer at {self._cloud.endpoint} ({reason}); "
            "see `python -m sandbox status`"
        )

    def wait(self, version: str, operation: Json, shown: str) -> Json:
        """Poll an operation until it is done, and return its response."""
        deadline, number = time.monotonic() + OPERATION_SECONDS, 0
        while not operation.get("done"):
            if time.monotonic() > deadline:
                raise CloudError(shown, "", f"the operation is not done after {OPERATION_SECONDS} s")
            pause(number, shortest=0.02, longest=0.5)
            number += 1
            operation = self.call("GET", f"/{version}/{operation['name']}")
        if error := operation.get("error"):
            status = _CODES[error["code"]] if 0 <= error.get("code", -1) < len(_CODES) else str(error.get("code"))
            raise CloudError(shown, "", f"the operation failed: {status}: {error.get('message', '')}")
        response: Json = operation.get("response") or {}
        return response


class Clients:
    """One client per cloud; a cloud that was started anew gets a new one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._clients: dict[Project, Client] = {}

    def get(self, cloud: Project) -> Client:
        """Return a cloud's client."""
        with self._lock:
            if cloud not in self._clients:
                self._clients[cloud] = Client(cloud)
            return self._clients[cloud]


def pause(number: int, shortest: float = 0.1, longest: float = 3.0) -> None:
    """Wait before another try: twice as long every time, with jitter."""
    time.sleep(min(shortest * 2**number, longest) * random.uniform(0.5, 1))  # noqa: S311 - jitter is no secret


def _refusal(shown: str, answer: urllib3.BaseHTTPResponse) -> CloudError:
    try:
        error = json.loads(answer.data)["error"]
        status, message = error.get("status") or str(answer.status), error.get("message", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        status, message = str(answer.status), answer.reason or "no explanation"
    return CloudError(shown, status, f"{message} (HTTP {answer.status})")


def is_conflict(error: CloudError) -> bool:
    """Whether Google refused because of somebody else's change at the same time."""
    return error.code == "ABORTED" or "(HTTP 412)" in error.detail or "concurrent policy changes" in error.detail
