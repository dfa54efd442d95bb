"""Each stack's GCP project: where it is, and its deployer's token."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from keystead_sandbox.common.registry import Stacks, Watched, certificate_authority


@dataclass(frozen=True)
class Project:
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


def projects(registry: Path) -> Watched[Project]:
    """Return the projects of the registry with the tokens beside it."""
    return Watched(registry, "GCP project", _load, "gcp")


def _load(stacks: Stacks, folder: Path) -> dict[str, Project]:
    found = {}
    for stack, clouds in stacks.items():
        entry = clouds.get("gcp")
        token = folder / "gcp" / f"{entry['project']}.token" if entry else None
        if entry and token and token.exists():
            endpoint, number = entry["endpoint"], str(entry["number"])
            place = (token.read_text().strip(), folder / "clock", certificate_authority(folder, endpoint))
            found[stack] = Project(stack, endpoint, entry["project"], number, *place)
    return found
