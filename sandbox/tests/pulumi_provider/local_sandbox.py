"""Local clouds and plugins for these tests: processes of their own, in a registry as `make up` writes it."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.host import certificates
from keystead_sandbox.host.place import PACKAGE, ROOT, Place
from keystead_sandbox.host.processes import Process

ACCOUNT, REGION = "000000000042", "us-east-1"
PROJECT, NUMBER = "acme-trial", "300000000042"
STACK = "trial"


@dataclass
class LocalSandbox:
    """A sandbox with one environment named `trial`; `close` ends what it started."""

    place: Place
    document: dict[str, Any] = field(default_factory=lambda: {"version": 2, "stacks": {STACK: {}}, "provider": {}})
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    @classmethod
    def prepared(cls, project: Path) -> "LocalSandbox":
        (project / "stacks").mkdir()
        (project / "Pulumi.yaml").write_text("name: keystead-test\nruntime: python\n")
        place = Place(project, project / ".sandbox")
        place.prepare()
        certificates.ensure(place.directory)
        place.clock.write_text("0\n")
        return cls(place)

    def start_aws(self) -> None:
        keys = {"KEYSTEAD_DEPLOYER_KEY_ID": "AKIA" + "Q" * 16, "KEYSTEAD_DEPLOYER_SECRET": secrets.token_hex(20)}
        options = ["--account", ACCOUNT, "--region", REGION, "--callers", str(PACKAGE / "host" / "callers.yaml")]
        ready = self._start("keystead_sandbox.local_aws", *self._files(), *options, **keys)
        self.document["stacks"][STACK]["aws"] = {"account": ACCOUNT, "region": REGION, **self._told(ready)}
        self.place.aws.mkdir(exist_ok=True)
        named = {"aws_access_key_id": keys["KEYSTEAD_DEPLOYER_KEY_ID"]}
        named["aws_secret_access_key"] = keys["KEYSTEAD_DEPLOYER_SECRET"]
        lines = [f"[{STACK}]", *(f"{name} = {value}" for name, value in named.items())]
        (self.place.aws / "credentials").write_text("\n".join(lines) + "\n")

    def start_gcp(self) -> None:
        tokens = self.place.directory / "gcp"
        ready = self._start(
            "keystead_sandbox.local_gcp", *self._files(), "--project", f"{PROJECT}={NUMBER}", "--tokens", str(tokens)
        )
        self.document["stacks"][STACK]["gcp"] = {
            "project": PROJECT,
            "number": NUMBER,
            "location": REGION,
            **self._told(ready),
        }

    def start_provider(self) -> dict[str, int]:
        self.save()
        ports = self._start(
            "keystead_sandbox.pulumi_provider", "--registry", str(self.place.registry), "--owner", str(os.getpid())
        )
        process = self.started[-1]
        self.document["provider"] = {**self._process(process), "ports": ports}
        self.save()
        return ports

    def save(self) -> None:
        self.place.registry.write_text(json.dumps(self.document))

    def close(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            process.wait(timeout=20)
            if process.stdout:
                process.stdout.close()

    def _files(self) -> list[str]:
        files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock"}
        named = [part for option, name in files.items() for part in (f"--{option}", str(self.place.directory / name))]
        return ["--port", "0", "--plain-port", "0", "--owner", str(os.getpid()), *named]

    def _told(self, ready: dict[str, Any]) -> dict[str, Any]:
        return {"endpoint": ready["endpoint"], "plain": ready["plain"], **self._process(self.started[-1])}

    @staticmethod
    def _process(process: "subprocess.Popen[str]") -> dict[str, Any]:
        return {"pid": process.pid, "started": Process.of(process.pid).started, "code": "test"}

    def _start(self, module: str, *options: str, **environment: str) -> dict[str, Any]:
        log = (self.place.logs / f"{module}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=self.place.stacks if module == "keystead_sandbox.pulumi_provider" else ROOT,
            env={**os.environ, **environment, "KEYSTEAD_TOKEN": "x" * 32, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        self.started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.place.logs / f"{module}.log").read_text()
        found: dict[str, Any] = json.loads(line)
        return found
