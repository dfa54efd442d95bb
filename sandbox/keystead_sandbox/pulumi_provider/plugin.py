"""What the gRPC service asks of a cloud: settings, checks, functions, and the life of one resource."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.journal import Journal

Answer = tuple[str, dict[str, Any]]
"""An id and a state."""
Failure = tuple[str, str]
"""A property's path and what is wrong with it."""


@dataclass(frozen=True)
class Request:
    """One request about one resource: who asks, what is declared, and what was known."""

    peer: str
    urn: str
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)


class Subject(Protocol):
    """One resource of one request."""

    @property
    def sensitive(self) -> frozenset[str]:
        """Properties that the engine is to encrypt."""

    def preview(self) -> dict[str, Any]:
        """Return the state an update would lead to, as far as it is known before it."""

    def create(self, journal: Journal) -> Answer:
        """Make the resource, or take up what an interrupted create of the same URN left behind."""

    def read(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, state and inputs as the cloud has them; an empty id when the resource is gone."""

    def compare(self) -> tuple[list[Difference], bool]:
        """Return what differs from the declared inputs, and whether a replacement must delete first."""

    def update(self, changed: Collection[Difference]) -> Answer:
        """Bring the resource to what is declared, where it differs in these properties."""

    def delete(self) -> None:
        """Remove the resource; one that is absent already is success."""


class Plugin(Protocol):
    """One cloud's side of the provider."""

    name: str
    """The package the plugin stands in for: aws or gcp."""
    version: str
    """The version of the official plugin it stands in for."""

    def check_settings(self, settings: Mapping[str, Any]) -> list[Failure]:
        """Return what is wrong with the provider's own settings."""

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> None:
        """Open the session of an engine's connection."""

    def invoke(self, peer: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a function of the provider."""

    def check(
        self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Return a resource's inputs with defaults and names filled in, and everything wrong with them."""

    def subject(self, request: Request) -> Subject:
        """Return the resource a request is about; a type that the table does not hold is refused by name."""
