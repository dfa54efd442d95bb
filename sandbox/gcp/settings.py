"""What one local GCP is started with."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The command line of `python -m sandbox.gcp` and the token it takes from its environment."""

    projects: dict[str, str]
    """Project id -> project number."""
    port: int
    plain_port: int
    certificate: Path
    key: Path
    ca: Path
    clock: Path
    tokens: Path
    """Directory of the deployers' token files, one per project."""
    temporary: Path
    owner: int | None
    token: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        """Where the cloud answers with TLS."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def plain(self) -> str:
        """Where it answers without TLS."""
        return f"http://127.0.0.1:{self.plain_port}"


def number_of(project: str) -> str:
    """A project number, always the same for the same project id."""
    return str(100_000_000_000 + int(hashlib.sha256(project.encode()).hexdigest(), 16) % 900_000_000_000)


def deployer(project: str) -> str:
    """The account that deploys into a project."""
    return f"deployer@{project}.iam.gserviceaccount.com"
