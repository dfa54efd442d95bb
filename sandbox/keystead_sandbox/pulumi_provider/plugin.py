"""One plugin for every cloud: which session and which line of the table a request is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from keystead_sandbox.pulumi_provider import checking
from keystead_sandbox.pulumi_provider.connections import Connections
from keystead_sandbox.pulumi_provider.errors import ConfigurationError, UnsupportedError
from keystead_sandbox.pulumi_provider.lifecycle import Life
from keystead_sandbox.pulumi_provider.schema import Failure, SchemaT, Table
from keystead_sandbox.pulumi_provider.settings import Settings, parse
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.urns import name_of, stack_of, type_of
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN

SessionT = TypeVar("SessionT")


@dataclass(frozen=True)
class Request:
    """One request about one resource: who asks, what is declared, and what was known."""

    peer: str
    urn: str
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cloud(Generic[SchemaT, SessionT]):
    """What one cloud brings: the package and the version it stands in for, and how its sessions and resources work."""

    name: str
    version: str
    settings: Settings
    table: Table[SchemaT]
    functions: Mapping[str, Callable[[SessionT, dict[str, Any]], dict[str, Any]]]
    open: Callable[[str, Mapping[str, Any]], SessionT]
    """Open the session of a stack with the provider's settings."""
    live: Callable[[SchemaT, SessionT, Request], Life[Any, Any]]
    """Return the resource that a request is about."""


class Plugin(Generic[SchemaT, SessionT]):
    """Every request of every engine for one cloud."""

    def __init__(self, cloud: Cloud[SchemaT, SessionT]) -> None:
        self.cloud = cloud
        self._connections: Connections[SessionT] = Connections()

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> None:
        """Open the session of an engine's connection."""
        given = {name: value for name, raw in settings.items() if (value := parse(raw)) not in (None, UNKNOWN)}
        self._connections.keep(peer, urn, self.cloud.open(stack_of(urn), given))

    def invoke(self, peer: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a function of the provider; any other is refused by name."""
        functions = self.cloud.functions
        if token not in functions:
            answered = ", ".join(sorted(functions))
            raise UnsupportedError(
                f"the sandbox cannot answer {token}; it answers {answered}{did_you_mean(token, functions)}"
            )
        session = self._connections.of(peer)
        if session is None:
            raise ConfigurationError(f"{token}: the provider is not configured")
        return functions[token](session, {name: value for name, value in arguments.items() if value is not None})

    def check(
        self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Return a resource's inputs with defaults and names filled in, and everything wrong with them."""
        return checking.check(self.cloud.table.find(type_of(urn)), name_of(urn), news, olds, seed)

    def find(self, request: Request) -> Life[Any, Any]:
        """Return the resource a request is about; a type that the table does not hold is refused by name."""
        resource = self.cloud.table.find(type_of(request.urn))
        return self.cloud.live(resource, self._connections.find(request.peer, request.urn), request)
