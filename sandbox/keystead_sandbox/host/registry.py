"""Which local clouds run, where, as which process: `sandbox.json`, read by everything that talks to them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.environments import AwsAccount, GcpProject, Home
from keystead_sandbox.host.place import write_private
from keystead_sandbox.host.processes import Process

VERSION = 2


@dataclass(frozen=True, slots=True)
class Cloud:
    """One AWS account or one GCP project; environments that share it share its process."""

    home: Home
    endpoint: str
    plain: str
    process: Process
    code: str
    """Fingerprint of what it was started from."""

    def document(self) -> dict[str, Any]:
        """Return it for sandbox.json."""
        where = {**asdict(self.home), "endpoint": self.endpoint, "plain": self.plain}
        return {**where, "pid": self.process.pid, "started": self.process.started, "code": self.code}


def process_name(home: Home) -> str:
    """What the process of a cloud and its log are called."""
    return f"{home.cloud}-{home.identity}"


@dataclass(frozen=True, slots=True)
class Plugin:
    """The process that stands in for Pulumi's provider plugins, and its port for each cloud."""

    process: Process
    ports: dict[str, int]
    code: str


Clouds = dict[str, Cloud]
"""The clouds of one environment: `aws`, `gcp` or both."""


@dataclass(slots=True)
class Registry:
    """The clouds of every environment by its name, and the provider plugin."""

    clouds: dict[str, Clouds] = field(default_factory=dict)
    provider: Plugin | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what was written last; nothing written yet is an empty registry."""
        try:
            document = json.loads(path.read_text())
            if document["version"] != VERSION:  # of an older checkout, whose processes `up` ends by their records
                return cls()
            clouds = {name: _clouds(entry) for name, entry in document["stacks"].items()}
        except FileNotFoundError:
            return cls()
        except (ValueError, LookupError, TypeError) as error:
            raise SandboxError(f"{path} is damaged", "run `make clean` and then `make up`") from error
        entry = document["provider"]
        plugin = Plugin(Process(entry["pid"], entry["started"]), entry["ports"], entry["code"]) if entry else None
        return cls(clouds, plugin)

    def save(self, path: Path) -> None:
        """Replace the file as a whole."""
        document: dict[str, Any] = {"version": VERSION, "stacks": {}, "provider": {}}
        for name, clouds in self.clouds.items():
            document["stacks"][name] = {kind: cloud.document() for kind, cloud in clouds.items()}
        if plugin := self.provider:
            known = {"pid": plugin.process.pid, "started": plugin.process.started, "code": plugin.code}
            document["provider"] = {**known, "ports": plugin.ports}
        write_private(path, json.dumps(document, indent=1) + "\n")


def _clouds(document: dict[str, dict[str, Any]]) -> Clouds:
    return {kind: _cloud(kind, entry) for kind, entry in document.items()}


def _cloud(kind: str, entry: dict[str, Any]) -> Cloud:
    home: Home
    if kind == "aws":
        home = AwsAccount(entry["account"], entry["region"])
    else:
        home = GcpProject(entry["project"], entry["number"], entry["location"])
    return Cloud(home, entry["endpoint"], entry["plain"], Process(entry["pid"], entry["started"]), entry["code"])
