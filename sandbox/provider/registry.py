"""The sandbox's registry: where each stack's cloud is and with which credentials it is reached."""

import configparser
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.provider.errors import ConfigurationError


@dataclass(frozen=True)
class Cloud:
    """One stack's cloud: endpoint, region, and the keys of its deployer (never shown)."""

    stack: str
    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_bundle: str | None = None


class Registry:
    """Reads sandbox.json and the AWS profiles beside it, again whenever one of them changed."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._clouds: dict[str, Cloud] = {}

    def cloud(self, stack: str) -> Cloud:
        """Return a stack's cloud; an unknown stack is an error that says which are up."""
        with self._lock:
            stamp = tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in self._files())
            if stamp != self._stamp:
                self._clouds = self._load()
                self._stamp = stamp
            if stack not in self._clouds:
                known = ", ".join(sorted(self._clouds)) or "none"
                raise ConfigurationError(
                    f"stack {stack!r} has no cloud in the sandbox (up: {known}); start it with `python -m sandbox up`"
                )
            return self._clouds[stack]

    def _files(self) -> tuple[Path, Path, Path]:
        profiles = self.path.parent / "aws"
        return self.path, profiles / "config", profiles / "credentials"

    def _load(self) -> dict[str, Cloud]:
        document = _read_json(self.path)
        profiles = _read_profiles(self._files()[2])
        bundle = self.path.parent / "ca.pem"
        clouds = {}
        for stack, entry in document.get("stacks", {}).items():
            keys = profiles.get(stack)
            if keys is None:
                continue
            secure = entry["endpoint"].startswith("https:") and bundle.exists()
            clouds[stack] = Cloud(stack, entry["endpoint"], entry["region"], *keys, str(bundle) if secure else None)
        return clouds


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read the sandbox's registry {path.name}: {type(error).__name__}") from None
    return document


def _read_profiles(path: Path) -> dict[str, tuple[str, str]]:
    parser = configparser.RawConfigParser(default_section="")
    parser.read(path)
    return {
        name: (section["aws_access_key_id"], section["aws_secret_access_key"])
        for name, section in parser.items()
        if "aws_access_key_id" in section and "aws_secret_access_key" in section
    }
