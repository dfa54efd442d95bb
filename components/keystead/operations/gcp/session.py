"""A session into one environment's project, and into no other."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from keystead.model.errors import CloudError
from keystead.operations.gcp.access import Access, access_for
from keystead.operations.gcp.failures import Refusal, explained
from keystead.spec.environment import EnvironmentSpec

TIMEOUT = 30
"""Seconds one attempt may take."""
PAUSES = (0.5, 2.0)
"""Seconds before the second and the third attempt."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses that another attempt may change."""
THROTTLED = frozenset({429})
"""Those of them that are sure to have had no effect."""


class Session:
    """Calls Google's APIs for the rotator's own store, where the gcloud configuration points.

    Unlike the rotator's, its refusals hold Google's words, for people to read.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=access.trusted()))

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
        """Call a method and return its answer; Refusal where it fails for good or nobody answers."""
        endpoint = self._access.endpoint(service)
        tail = f"?{urllib.parse.urlencode(query)}" if query else ""
        content = None if body is None else json.dumps(body).encode()
        passing = PASSING if repeat else THROTTLED
        for pause in (*PAUSES, None):
            try:
                return self._send(http, f"{endpoint}/{path}{tail}", content)
            except urllib.error.HTTPError as error:
                with error:
                    refusal = Refusal(f"{http} {service}", error.code, _document(error.read()))
                if error.code not in passing or pause is None:
                    raise refusal from None
            except (OSError, ValueError) as error:
                raise Refusal(f"{http} {service}", 0, {}, endpoint, error) from None
            time.sleep(pause)
        raise AssertionError("unreachable")

    def find(self, service: str, path: str, **query: str) -> dict[str, Any] | None:
        """Read a resource or a list; None where it does not exist."""
        try:
            return self.call("GET", service, path, query=query)
        except Refusal as refusal:
            if refusal.code == 404:
                return None
            raise

    def _send(self, http: str, url: str, content: bytes | None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._access.bearer()}", "content-type": "application/json"}
        if self._access.payer:
            headers["x-goog-user-project"] = self._access.payer
        request = urllib.request.Request(url, content, headers, method=http)  # noqa: S310  # Google's, or the user's own
        with self._opener.open(request, timeout=TIMEOUT) as response:
            found: dict[str, Any] = json.load(response)
        return found


def _document(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def open_session(spec: EnvironmentSpec) -> Session:
    """Open the way into the environment's project, and refuse any project but the one with the spec's number."""
    environment, scope = spec.environment, spec.scope("gcp")
    access = access_for(environment)
    session = Session(access)
    with explained(spec, "resourcemanager.projects.get"):
        project = session.call("GET", "cloudresourcemanager", f"v1/projects/{scope.project}")
    number = str(project.get("projectNumber"))
    if number != scope.number:
        raise CloudError(
            f"{environment}: the project {scope.project}, seen with {access.title}, has the number {number}, but the "
            f"environment lives in number {scope.number}. Nothing was read or written. Correct gcp.number in "
            f"Pulumi.{environment}.yaml, or give credentials of the right project."
        )
    return session
