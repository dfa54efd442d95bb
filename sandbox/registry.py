"""Which local clouds run, where, as which process: `sandbox.json`, read by everything that talks to them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sandbox.errors import SandboxError
from sandbox.place import write_private
from sandbox.processes import Process

VERSION = 1


@dataclass(frozen=True, slots=True)
class Cloud:
    """One environment's AWS account; environments that share an account share its process."""

    account: str
    region: str
    endpoint: str
    plain: str
    process: Process
    code: str
    """Fingerprint of what it was started from."""


@dataclass(slots=True)
class Registry:
    """Every cloud by its environment's name, and the provider plugin's port."""

    clouds: dict[str, Cloud] = field(default_factory=dict)
    provider: Process | None = None
    provider_port: int = 0
    provider_code: str = ""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what was written last; nothing written yet is an empty registry."""
        try:
            document = json.loads(path.read_text())
        except FileNotFoundError:
            return cls()
        except ValueError as error:
            raise SandboxError(f"{path} is damaged", "run `make clean` and then `make up`") from error
        registry = cls({name: _cloud(entry) for name, entry in document["stacks"].items()})
        if entry := document["provider"].get("aws"):
            registry.provider = Process(entry["pid"], entry["started"])
            registry.provider_port = entry["port"]
            registry.provider_code = entry.get("code", "")
        return registry

    def save(self, path: Path) -> None:
        """Replace the file as a whole."""
        document: dict[str, Any] = {"version": VERSION, "stacks": {}, "provider": {}}
        for name, cloud in self.clouds.items():
            document["stacks"][name] = {
                "account": cloud.account,
                "region": cloud.region,
                "endpoint": cloud.endpoint,
                "plain": cloud.plain,
                "pid": cloud.process.pid,
                "started": cloud.process.started,
                "code": cloud.code,
            }
        if self.provider:
            document["provider"]["aws"] = {
                "port": self.provider_port,
                "pid": self.provider.pid,
                "started": self.provider.started,
                "code": self.provider_code,
            }
        write_private(path, json.dumps(document, indent=1) + "\n")


def _cloud(entry: dict[str, Any]) -> Cloud:
    process = Process(entry["pid"], entry["started"])
    code = entry.get("code", "")
    return Cloud(entry["account"], entry["region"], entry["endpoint"], entry["plain"], process, code)
