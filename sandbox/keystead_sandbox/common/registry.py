"""The sandbox's registry, `sandbox.json`: where the clouds of each stack answer. The host writes it, others read it."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NotRequired, TypedDict, TypeVar

VERSION = 2
"""Version of the file's format; a file of another version was written by another checkout."""
CloudT = TypeVar("CloudT")


class RegistryError(Exception):
    """The registry cannot be read, or a stack's cloud is not in it; the text is what the user reads."""


class Entry(TypedDict):
    """One cloud of one stack: an AWS account in a region, or a GCP project with its number and location."""

    endpoint: str
    plain: str
    pid: int
    started: str
    code: str
    account: NotRequired[str]
    region: NotRequired[str]
    project: NotRequired[str]
    number: NotRequired[str]
    location: NotRequired[str]


class ProviderEntry(TypedDict):
    """The process that serves the provider plugins, and its port for each cloud."""

    pid: int
    started: str
    code: str
    ports: dict[str, int]


Stacks = dict[str, dict[str, Entry]]
"""The entries of each stack by cloud: `aws`, `gcp` or both."""


class Document(TypedDict):
    """The whole file; there is no provider until the plugins run."""

    version: int
    stacks: Stacks
    provider: ProviderEntry | None


class Watched(Generic[CloudT]):
    """The clouds that a plugin reaches, read again whenever the registry or a file of credentials changed.

    `load` takes the stacks and the registry's folder, and leaves out a cloud whose credentials are missing.
    """

    def __init__(
        self, path: Path, what: str, load: Callable[[Stacks, Path], dict[str, CloudT]], *credentials: str
    ) -> None:
        self.path, self._what, self._load = path.resolve(), what, load
        self._files = [self.path, *(self.path.parent / name for name in credentials)]
        self._lock = threading.Lock()
        self._stamp: list[int] = []
        self._clouds: dict[str, CloudT] = {}

    def cloud(self, stack: str) -> CloudT:
        """Return a stack's cloud; the error about an unknown stack says which ones are up."""
        with self._lock:
            stamp = [file.stat().st_mtime_ns if file.exists() else 0 for file in self._files]
            if stamp != self._stamp:
                self._clouds = self._load(stacks(self.path), self.path.parent)
                self._stamp = stamp
            if stack not in self._clouds:
                known = ", ".join(sorted(self._clouds)) or "none"
                message = f"stack {stack!r} has no {self._what} in the sandbox (up: {known})"
                raise RegistryError(f"{message}; start it with `python -m sandbox up`")
            return self._clouds[stack]


def stacks(path: Path) -> Stacks:
    """Return the stacks of a registry as it is now."""
    try:
        found: Stacks = json.loads(path.read_text()).get("stacks") or {}
    except (OSError, ValueError, AttributeError) as error:
        raise RegistryError(f"cannot read the sandbox's registry {path.name}: {type(error).__name__}") from None
    return found


def certificate_authority(folder: Path, endpoint: str) -> str | None:
    """Return the sandbox's own certificate authority where an endpoint needs it."""
    file = folder / "ca.pem"
    return str(file) if endpoint.startswith("https:") and file.exists() else None
