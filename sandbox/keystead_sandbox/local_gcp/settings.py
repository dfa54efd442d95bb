"""What one local GCP is started with."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from keystead_sandbox.common.cloud_settings import CloudSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CloudSettings):
    """The command line of `python -m keystead_sandbox.local_gcp`."""

    projects: dict[str, str]
    """Project id -> project number."""
    tokens: Path
    """Directory of the deployers' token files, one per project."""


def number_of(project: str) -> str:
    """A project number, always the same for the same project id."""
    return str(100_000_000_000 + int(hashlib.sha256(project.encode()).hexdigest(), 16) % 900_000_000_000)


def deployer(project: str) -> str:
    """The account that deploys into a project."""
    return f"deployer@{project}.iam.gserviceaccount.com"


def project_of_account(account: str) -> str:
    """The project that a service account's e-mail address names."""
    return account.partition("@")[2].partition(".")[0]
