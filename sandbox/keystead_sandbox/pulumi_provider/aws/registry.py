"""Each stack's AWS account: where it is, and the keys of its deployer."""

import configparser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider.registry import Registry


@dataclass(frozen=True)
class Cloud:
    """One stack's account: endpoint, region, and the keys of its deployer (never shown)."""

    stack: str
    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_bundle: str | None = None


class AwsRegistry(Registry[Cloud]):
    """Reads the accounts of sandbox.json and the AWS profiles beside it."""

    what = "AWS account"

    def beside(self) -> tuple[Path, ...]:
        """Return the AWS profiles."""
        profiles = self.path.parent / "aws"
        return profiles / "config", profiles / "credentials"

    def load(self, stacks: dict[str, dict[str, Any]]) -> dict[str, Cloud]:
        """Return the accounts whose deployer's keys are there."""
        profiles = _read_profiles(self.beside()[1])
        clouds = {}
        for stack, entry in stacks.items():
            account, keys = entry.get("aws"), profiles.get(stack)
            if account and keys:
                endpoint = account["endpoint"]
                clouds[stack] = Cloud(stack, endpoint, account["region"], *keys, self.bundle(endpoint))
        return clouds


def _read_profiles(path: Path) -> dict[str, tuple[str, str]]:
    parser = configparser.RawConfigParser(default_section="")
    parser.read(path)
    return {
        name: (section["aws_access_key_id"], section["aws_secret_access_key"])
        for name, section in parser.items()
        if "aws_access_key_id" in section and "aws_secret_access_key" in section
    }
