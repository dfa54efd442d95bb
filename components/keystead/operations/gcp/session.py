"""A session into one environment's project, and into no other."""

import json
from typing import Any

from keystead.functions.shared.google.api import RETRIED, Api
from keystead.functions.shared.google.transport import Answer, Transport
from keystead.functions.shared.redaction import Sensitive
from keystead.model.errors import CloudError
from keystead.operations.gcp.access import Access, access_for
from keystead.operations.gcp.failures import Refusal, explained
from keystead.spec.environment import EnvironmentSpec

TIMEOUT = 30.0
"""Seconds one attempt may take."""
LARGEST = 32 * 1024 * 1024
"""Bytes of an answer that are read: a page of 1,000 alerts or log entries."""


class Session(Api):
    """Calls Google's APIs where the gcloud configuration points, for the rotator's own store too.

    Unlike the rotator's, its refusals hold Google's words, for people to read.
    """

    retried = RETRIED - {0}
    """A connection that fails is reported at once: a person waits."""

    def __init__(self, access: Access) -> None:
        super().__init__(
            _Bearer(access),
            endpoint=access.endpoint,
            transport=Transport(access.trusted, seconds=TIMEOUT, largest=LARGEST),
            headers={"x-goog-user-project": access.payer} if access.payer else None,
        )
        self.access = access

    def find(self, service: str, path: str, **query: str) -> dict[str, Any] | None:
        """Read a resource or a list; None where it does not exist."""
        try:
            return self.call("GET", service, path, query=query)
        except Refusal as refusal:
            if refusal.code == 404:
                return None
            raise

    def failure(self, method: str, service: str, answer: Answer) -> Refusal:
        """Return the refusal with all that is known of the reason."""
        return Refusal(method, answer.status, _document(answer.content), self.access.endpoint(service), answer.cause)


class _Bearer:
    """The tokens of an access, which renews them itself."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def get(self) -> Sensitive:
        return Sensitive(self._access.bearer())

    def forget(self) -> None:
        """Do nothing: the next one is asked for at the next call."""


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
