"""Each stack's GCP project: where it is, and its deployer's token."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider.registry import Registry


@dataclass(frozen=True)
class Cloud:
    """One stack's project: endpoint, id, number, and the deployer's token (never shown)."""

    stack: str
    endpoint: str
    project: str
    number: str
    token: str = field(repr=False)
    clock: Path
    ca_bundle: str | None = None

    def now(self) -> float:
        """Return the cloud's time, in seconds: real time and how far the sandbox is ahead of it."""
        return time.time() + (int(self.clock.read_text()) if self.clock.exists() else 0)


class GcpRegistry(Registry[Cloud]):
    """Reads the projects of sandbox.json and the tokens beside it."""

    what = "GCP project"

    def beside(self) -> tuple[Path, ...]:
        """Return the folder of the deployers' tokens."""
        return (self.path.parent / "gcp",)

    def load(self, stacks: dict[str, dict[str, Any]]) -> dict[str, Cloud]:
        """Return the projects whose deployer's token is there."""
        clouds = {}
        for stack, entry in stacks.items():
            project = entry.get("gcp")
            if not project:
                continue
            file = self.beside()[0] / f"{project['project']}.token"
            if file.exists():
                endpoint, token = project["endpoint"], file.read_text().strip()
                number = str(project["number"])
                clock, bundle = self.path.parent / "clock", self.bundle(endpoint)
                clouds[stack] = Cloud(stack, endpoint, project["project"], number, token, clock, bundle)
        return clouds
