"""Which local clouds run, where, as which process, as the host keeps it in the registry."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.common.registry import VERSION, Document, Entry
from keystead_sandbox.host.environments import AwsAccount, GcpProject, Home
from keystead_sandbox.host.place import write_private
from keystead_sandbox.host.processes import Process


@dataclass(frozen=True, slots=True)
class Cloud:
    """One AWS account or one GCP project; environments that share it share its process."""

    home: Home
    endpoint: str
    plain: str
    process: Process
    code: str
    """Fingerprint of what it was started from."""

    def entry(self) -> Entry:
        """Return it for the registry."""
        known = Entry(
            endpoint=self.endpoint,
            plain=self.plain,
            pid=self.process.pid,
            started=self.process.started,
            code=self.code,
        )
        home = self.home
        if isinstance(home, AwsAccount):
            return {**known, "account": home.account, "region": home.region}
        return {**known, "project": home.project, "number": home.number, "location": home.location}


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
            document: Document = json.loads(path.read_text())
            if document["version"] != VERSION:  # of an older checkout, whose processes `up` ends by their records
                return cls()
            clouds = {name: _clouds(entry) for name, entry in document["stacks"].items()}
        except FileNotFoundError:
            return cls()
        except (ValueError, LookupError, TypeError) as error:
            raise SandboxError(f"{path} is damaged", "run `make clean` and then `make up`") from error
        known = document["provider"]
        plugin = Plugin(Process(known["pid"], known["started"]), known["ports"], known["code"]) if known else None
        return cls(clouds, plugin)

    def save(self, path: Path) -> None:
        """Replace the file as a whole."""
        stacks = {name: {kind: cloud.entry() for kind, cloud in clouds.items()} for name, clouds in self.clouds.items()}
        document = Document(version=VERSION, stacks=stacks, provider=None)
        if plugin := self.provider:
            process = plugin.process
            document["provider"] = {
                "pid": process.pid,
                "started": process.started,
                "code": plugin.code,
                "ports": plugin.ports,
            }
        write_private(path, json.dumps(document, indent=1) + "\n")


def _clouds(entries: dict[str, Entry]) -> Clouds:
    return {kind: _cloud(kind, entry) for kind, entry in entries.items()}


def _cloud(kind: str, entry: Entry) -> Cloud:
    home: Home
    if kind == "aws":
        home = AwsAccount(entry["account"], entry["region"])
    else:
        home = GcpProject(entry["project"], entry["number"], entry["location"])
    return Cloud(home, entry["endpoint"], entry["plain"], Process(entry["pid"], entry["started"]), entry["code"])
