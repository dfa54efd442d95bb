"""Programs under the real Pulumi engine with the pack, over a provider that takes whatever it is given."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from keystead_sandbox.engine import engine
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

ROOT = Path(__file__).parents[1]
PACK = ROOT / "policies"
SECONDS = 120

PROGRAM = """
import json
import pathlib
import pulumi

for entry in json.loads(pathlib.Path("resources.json").read_text()):
    options = pulumi.ResourceOptions(protect=entry.get("protect", False))
    pulumi.CustomResource(entry["type"], entry["name"], entry["properties"], options)
"""
PROJECT = f"""
name: shop
runtime: {{name: python, options: {{virtualenv: {Path(sys.prefix)}}}}}
main: program
"""
HOST = f"""#!/bin/sh
PYTHONPATH='{ROOT}' exec '{sys.executable}' -m keystead_sandbox.engine.language_host "$@"
"""


class Echo(provider_pb2_grpc.ResourceProviderServicer):
    """A provider for every type, which makes nothing and remembers nothing."""

    def Handshake(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="7.0.0")

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Create(self, request: Any, _context: Any) -> Any:
        made = "" if request.preview else request.urn.rsplit("::", 1)[-1]
        return provider_pb2.CreateResponse(id=made, properties=request.properties)

    def Cancel(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()


@dataclass(frozen=True)
class Ran:
    """One command and what it took."""

    code: int
    output: str
    seconds: float


class Project:
    """A project of its own, in a folder that is its backend and its home too."""

    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        self._stacks: set[str] = set()
        commands = directory / "bin"
        for made in (commands, directory / "state", directory / "program"):
            made.mkdir()
        (commands / "pulumi-language-python").write_text(HOST)
        (commands / "pulumi-language-python").chmod(0o755)
        (directory / "Pulumi.yaml").write_text(PROJECT)
        (directory / "program" / "__main__.py").write_text(PROGRAM)
        self._engine = engine.find(lambda _line: None)
        self._environment = {
            "PATH": f"{commands}:{os.environ['PATH']}",
            "HOME": str(directory),
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{directory}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{port},gcp:{port}",
        }

    def program(self, text: str) -> None:
        """Run this instead of what is declared."""
        (self._directory / "program" / "__main__.py").write_text(text)

    def declare(self, resources: Sequence[dict[str, Any]]) -> None:
        """Let the program have these resources."""
        (self._directory / "program" / "resources.json").write_text(json.dumps(list(resources)))

    def configure(self, stack: str, settings: dict[str, Any], more: dict[str, Any] | None = None) -> None:
        """Write the stack's file: the pack's settings, and what the providers need."""
        config = {"config": {"keystead-policies:settings": settings, **(more or {})}}
        (self._directory / f"Pulumi.{stack}.yaml").write_text(json.dumps(config))

    def pulumi(self, *arguments: str) -> Ran:
        """Run the engine's command."""
        begun = time.monotonic()
        done = subprocess.run(
            [self._engine, *arguments, "--non-interactive"],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr, time.monotonic() - begun)

    def preview(self, stack: str, *, pack: bool = True) -> Ran:
        """Preview with the pack, as a user would."""
        return self._run(stack, "preview", "--diff", *(["--policy-pack", str(PACK)] if pack else []))

    def up(self, stack: str) -> Ran:
        """Bring the stack up with the pack, without a preview before."""
        return self._run(stack, "up", "--yes", "--skip-preview", "--policy-pack", str(PACK))

    def _run(self, stack: str, *arguments: str) -> Ran:
        if stack not in self._stacks:
            self.pulumi("stack", "init", stack)
            self._stacks.add(stack)
        return self.pulumi(*arguments, "-s", stack)


@contextmanager
def project(directory: Path) -> Iterator[Project]:
    """A project, and a provider for as long as it is used."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Echo(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield Project(directory, port)
    finally:
        server.stop(grace=None).wait()


def largest_child_mb() -> float:
    """Largest memory any process started from here has had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
