"""The sandbox's registry: where each stack's cloud is. What it is reached with lies beside it, per cloud."""

import json
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from keystead_sandbox.pulumi_provider.errors import ConfigurationError

CloudT = TypeVar("CloudT")


class Registry(ABC, Generic[CloudT]):
    """Reads sandbox.json and the credentials beside it, again whenever one of them changed."""

    what = "cloud"

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._clouds: dict[str, CloudT] = {}

    def cloud(self, stack: str) -> CloudT:
        """Return a stack's cloud; an unknown stack is an error that says which are up."""
        with self._lock:
            stamp = tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in (self.path, *self.beside()))
            if stamp != self._stamp:
                self._clouds = self.load(_read_json(self.path).get("stacks") or {})
                self._stamp = stamp
            if stack not in self._clouds:
                known = ", ".join(sorted(self._clouds)) or "none"
                raise ConfigurationError(
                    f"stack {stack!r} has no {self.what} in the sandbox (up: {known}); "
                    "start it with `python -m sandbox up`"
                )
            return self._clouds[stack]

    @abstractmethod
    def beside(self) -> tuple[Path, ...]:
        """Return the files besides sandbox.json whose change matters."""

    @abstractmethod
    def load(self, stacks: dict[str, dict[str, Any]]) -> dict[str, CloudT]:
        """Return the clouds of those stacks that can be reached."""

    def bundle(self, endpoint: str) -> str | None:
        """Return the sandbox's own certificate authority where an endpoint needs it."""
        file = self.path.parent / "ca.pem"
        return str(file) if endpoint.startswith("https:") and file.exists() else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read the sandbox's registry {path.name}: {type(error).__name__}") from None
    return document
