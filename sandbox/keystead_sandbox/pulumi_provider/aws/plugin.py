"""The AWS side of the provider: it stands in for pulumi-aws."""

from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider import checking
from keystead_sandbox.pulumi_provider.aws import configuration, invokes, steps, table
from keystead_sandbox.pulumi_provider.aws.calls import Context
from keystead_sandbox.pulumi_provider.aws.sessions import Sessions
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Answer, Failure, Request
from keystead_sandbox.pulumi_provider.urns import name_of, type_of
from keystead_sandbox.pulumi_provider.values import UNKNOWN


class AwsSubject:
    """One AWS resource of one request."""

    def __init__(self, context: Context, urn: str) -> None:
        self._context, self._urn = context, urn

    @property
    def sensitive(self) -> frozenset[str]:
        """Properties that the engine is to encrypt."""
        return self._context.resource.sensitive

    def preview(self) -> dict[str, Any]:
        """Return the state as far as it is known before an update."""
        return steps.preview(self._context, UNKNOWN)

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


class AwsPlugin:
    """Every AWS request of every engine."""

    name = "aws"
    version = "7.51.1"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def check_settings(self, settings: Mapping[str, Any]) -> list[Failure]:
        """Refuse settings that the official provider does not have."""
        return configuration.check(settings)

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> None:
        """Open a session, guarded by account."""
        self._sessions.configure(peer, urn, settings)

    def invoke(self, peer: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a function."""
        return invokes.invoke(token, arguments, self._sessions.connections.of(peer))

    def check(
        self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Check a resource's inputs against its line in the table."""
        return checking.check(table.find(type_of(urn)), name_of(urn), news, olds, seed)

    def subject(self, request: Request) -> AwsSubject:
        """Find a resource's line in the table and its session."""
        resource = table.find(type_of(request.urn))
        session = self._sessions.connections.find(request.peer, request.urn)
        state, resource_id = request.state, request.id
        resource_id, region = _regional_id(resource_id, state) if resource.regional else (resource_id, "")
        if region:
            state = {**state, "region": region}
        context = Context(resource, session, name_of(request.urn), request.inputs, state, resource_id)
        return AwsSubject(context, request.urn)


def _regional_id(resource_id: str, state: Mapping[str, Any]) -> tuple[str, str]:
    """An import may name the region after an @, as pulumi-aws 7 allows."""
    head, separator, region = resource_id.rpartition("@")
    if separator and not state and "-" in region and ":" not in region:
        return head, region
    return resource_id, ""
