"""Who is asking: each engine connection's provider configuration, and the client it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider.connections import Connections, parse
from keystead_sandbox.pulumi_provider.gcp.client import Client, Clients
from keystead_sandbox.pulumi_provider.gcp.registry import Cloud, GcpRegistry
from keystead_sandbox.pulumi_provider.urns import stack_of
from keystead_sandbox.pulumi_provider.values import UNKNOWN

ATTRIBUTION = ("goog-pulumi-provisioned", "true")
"""The label pulumi-gcp adds to what it creates, unless it is told not to."""


@dataclass(frozen=True)
class Session:
    """One configured provider of one stack; what is None was not configured."""

    cloud: Cloud
    client: Client = field(repr=False)
    project: str | None = None
    region: str | None = None
    deletion_policy: str = "DELETE"
    default_labels: Mapping[str, str] = field(default_factory=dict)
    attributes: bool = True
    proactively: bool = False

    def fallback(self, name: str) -> str | None:
        """Return what stands in for a property that a resource does not declare."""
        known = {"project": self.project, "region": self.region, "location": self.region}
        return self.deletion_policy if name == "deletionPolicy" else known.get(name)


class Sessions:
    """Keeps the session of every engine connection."""

    def __init__(self, registry: GcpRegistry) -> None:
        self._registry = registry
        self._clients = Clients()
        self.connections: Connections[Session] = Connections()

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> Session:
        """Open a session; credentials and endpoint always come from the sandbox's registry."""
        given = {name: value for name, raw in settings.items() if (value := parse(raw)) not in (None, UNKNOWN)}
        cloud = self._registry.cloud(stack_of(urn))
        session = Session(
            cloud,
            self._clients.get(cloud),
            given.get("project"),
            given.get("region"),
            given.get("deletionPolicy") or "DELETE",
            dict(given.get("defaultLabels") or {}),
            given.get("addPulumiAttributionLabel") is not False,
            given.get("pulumiAttributionLabelAdditionStrategy") == "PROACTIVE",
        )
        self.connections.keep(peer, urn, session)
        return session
