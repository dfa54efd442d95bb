"""Where Terraform, the official providers and the official Pulumi plugins are on this machine."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fidelity.provider import Provider

REGISTRY = "registry.terraform.io"


@dataclass(frozen=True)
class Release:
    """An official provider that lies in a folder of this machine."""

    provider: Provider
    folder: Path
    version: str

    def __str__(self) -> str:
        return f"{self.provider.source} {self.version}"


def terraform() -> str | None:
    """The `terraform` on PATH."""
    return shutil.which("terraform")


def mirrors() -> list[Path]:
    """TF_PLUGIN_DIR, or the folders that Terraform itself takes as mirrors ("Implied Local Mirror Directories")."""
    if named := os.environ.get("TF_PLUGIN_DIR"):
        return [Path(named)]
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    folders = [Path(one) / "terraform" / "plugins" for one in (data, *shared.split(os.pathsep))]
    return [one for one in (Path.home() / ".terraform.d" / "plugins", *folders) if one.is_dir()]


def release(provider: Provider) -> Release | None:
    """The newest version of a provider in the mirrors, unpacked or packed."""
    found = [
        Release(provider, mirror, version)
        for mirror in mirrors()
        for version in _versions(mirror / REGISTRY / provider.source, provider)
    ]
    return max(found, key=lambda one: _order(one.version), default=None)


def plugin(cloud: str) -> Path | None:
    """The folder with Pulumi's official plugin: on PATH, or where `pulumi plugin install` puts it."""
    name = f"pulumi-resource-{cloud}"
    if found := shutil.which(name):
        return Path(found).parent
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    installed = [path.parent for path in (home / "plugins").glob(f"resource-{cloud}-v*/{name}")]
    return max(installed, key=lambda folder: _order(folder.name.rpartition("-v")[2]), default=None)


def _versions(folder: Path, provider: Provider) -> list[str]:
    unpacked = [path.parent.parent.name for path in folder.glob("*/*/terraform-provider-*")]
    prefix = f"terraform-provider-{provider.name}_"
    return unpacked + [path.name.removeprefix(prefix).partition("_")[0] for path in folder.glob(f"{prefix}*.zip")]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
