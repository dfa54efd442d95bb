"""The GCP side of the provider: it stands in for pulumi-gcp."""

from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider import checking
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.gcp import configuration, invokes, previews, steps, table
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.sessions import Sessions
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Answer, Failure, Request
from keystead_sandbox.pulumi_provider.urns import name_of, type_of
from keystead_sandbox.pulumi_provider.values import UNKNOWN


class GcpSubject:
    """One GCP resource of one request."""

    def __init__(self, context: Context, urn: str) -> None:
        self._context, self._urn = context, urn

    @property
    def sensitive(self) -> frozenset[str]:
        """Properties that the engine is to encrypt."""
        return self._context.resource.sensitive

    def preview(self) -> dict[str, Any]:
        """Return the state as far as it is known before an update."""
        return previews.preview(self._context, UNKNOWN)

    def create(self, journal: Journal) -> Answer:
        """Make the resource, or take up an interrupted create."""
        return steps.create(self._context, journal, self._urn)

    def read(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Read the resource back."""
        return steps.read(self._context)

    def compare(self) -> tuple[list[Difference], bool]:
        """Compare state and inputs."""
        return steps.compare(self._context)

    def update(self, changed: Collection[Difference]) -> Answer:
        """Change the resource in place."""
        return steps.update(self._context, changed)

    def delete(self) -> None:
        """Remove the resource."""
        steps.delete(self._context)


class GcpPlugin:
    """Every GCP request of every engine."""

    name = "gcp"
    version = "10.2.0"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def check_settings(self, settings: Mapping[str, Any]) -> list[Failure]:
        """Refuse settings that the official provider does not have."""
        return configuration.check(settings)

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> None:
        """Open a session."""
        self._sessions.configure(peer, urn, settings)

    def invoke(self, peer: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a function."""
        return invokes.invoke(token, arguments, self._sessions.connections.of(peer))

    def check(
        self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Check a resource's inputs against its line in the table."""
        resource = table.find(type_of(urn))
        inputs, failures = checking.check(resource, name_of(urn), news, olds, seed)
        explained = [
            (name, f"{resource.type} has {name!r}, but the sandbox does not serve it")
            if name in resource.refused
            else (name, reason)
            for name, reason in failures
        ]
        return inputs, explained

    def subject(self, request: Request) -> GcpSubject:
        """Find a resource's line in the table and its session."""
        resource = table.find(type_of(request.urn))
        session = self._sessions.connections.find(request.peer, request.urn)
        context = Context(resource, session, name_of(request.urn), request.inputs, request.state, request.id)
        return GcpSubject(context, request.urn)
