"""Who is asking: the provider's configuration, and the client it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider.gcp.client import Client, Clients
from keystead_sandbox.pulumi_provider.gcp.projects import Project, projects

ATTRIBUTION = ("goog-pulumi-provisioned", "true")
"""The label pulumi-gcp adds to what it creates, unless it is told not to."""


@dataclass(frozen=True)
class Session:
    """One configured provider of one stack; what is None was not configured."""

    cloud: Project
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
    """Opens the session of a stack."""

    def __init__(self, registry: Path) -> None:
        self._projects = projects(registry)
        self._clients = Clients()

    def open(self, stack: str, settings: Mapping[str, Any]) -> Session:
        """Open a session; credentials and endpoint always come from the sandbox's registry."""
        cloud = self._projects.cloud(stack)
        return Session(
            cloud,
            self._clients.get(cloud),
            settings.get("project"),
            settings.get("region"),
            settings.get("deletionPolicy") or "DELETE",
            dict(settings.get("defaultLabels") or {}),
            settings.get("addPulumiAttributionLabel") is not False,
            settings.get("pulumiAttributionLabelAdditionStrategy") == "PROACTIVE",
        )
