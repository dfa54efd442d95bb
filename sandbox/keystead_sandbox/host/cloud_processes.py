"""The processes of the sandbox: one per AWS account and GCP project, one for the provider plugins, one for programs."""

import json
import os
import socket
import sys

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.engine import program_server
from keystead_sandbox.host import processes
from keystead_sandbox.host.code import fingerprint
from keystead_sandbox.host.credentials import Keys, token
from keystead_sandbox.host.environments import AwsAccount, Home
from keystead_sandbox.host.place import PACKAGE, Place
from keystead_sandbox.host.processes import Starting
from keystead_sandbox.host.registry import Cloud, Plugin, process_name
from keystead_sandbox.pulumi_provider import official

PROVIDER = "provider"
"""Name of the plugin's process."""

PROGRAMS = "programs"
"""Name of the process that Pulumi programs are copies of."""

PLUGIN_PART, CLOUD_PARTS = "pulumi_provider", {"aws": "local_aws", "gcp": "local_gcp"}
"""The packages that the processes run, the clouds' by cloud."""


class Launch:
    """Starts processes that end with their owner; 0 is no owner."""

    def __init__(self, place: Place, owner: int, *, strict: bool = False) -> None:
        self._place = place
        self._mode = ["--strict"] if strict else []
        self._owned = ["--owner", str(owner)] if owner else []

    def cloud(self, home: Home, ports: tuple[int, int], keys: Keys | None) -> Starting:
        """Start one cloud; `keys` are those of an AWS account's deployer."""
        name, place = process_name(home), self._place
        processes.stop(processes.recorded(place.logs, name))
        for port in ports:
            _check_port(port)
        files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock"}
        command = [sys.executable, "-m", f"keystead_sandbox.{CLOUD_PARTS[home.cloud]}", *self._own(home)]
        command += ["--port", str(ports[0]), "--plain-port", str(ports[1]), "--registry", str(place.registry)]
        for option, file in files.items():
            command += [f"--{option}", str(place.directory / file)]
        secrets = {"KEYSTEAD_TOKEN": token(place)}
        if keys:
            secrets |= {"KEYSTEAD_DEPLOYER_KEY_ID": keys.identifier, "KEYSTEAD_DEPLOYER_SECRET": keys.secret}
        return Starting(name, [*command, *self._mode, *self._owned], place.logs, place.directory, secrets)

    def provider(self) -> Plugin:
        """Start the provider plugin anew."""
        place = self._place
        processes.stop(processes.recorded(place.logs, PROVIDER))
        command = [sys.executable, "-m", f"keystead_sandbox.{PLUGIN_PART}", "--registry", str(place.registry)]
        started = Starting(PROVIDER, [*command, *self._owned], place.logs, place.stacks, {})
        return Plugin(started.process, json.loads(started.first_line()), fingerprint(PLUGIN_PART))

    def programs(self, clouds: set[str]) -> None:
        """Have the process that Pulumi programs are copies of, with the SDKs of these clouds imported."""
        if sys.platform != "linux":  # elsewhere a copy of a process may not do what a new one does
            return
        place, code = self._place, fingerprint("engine")
        ready = place.logs / f"{PROGRAMS}.ready"
        running = processes.recorded(place.logs, PROGRAMS)
        if any(process.alive() for process in running) and ready.exists() and ready.read_text().strip() == code:
            return
        processes.stop(running)
        modules = ["pulumi", "pydantic", *(name for cloud in sorted(clouds) for name in official.modules(cloud))]
        command = [sys.executable, "-m", program_server.__name__, *self._owned, "--code", code]
        command += ["--socket", str(place.directory / program_server.SOCKET), *modules]
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(place.bytecode)}
        forbidden = "PYTHONDONTWRITEBYTECODE" in os.environ  # else each start compiles the SDKs anew
        Starting(PROGRAMS, command, place.logs, place.directory, kept if forbidden else {}).first_line()

    def _own(self, home: Home) -> list[str]:
        if isinstance(home, AwsAccount):
            callers = PACKAGE / "host" / "callers.yaml"
            return ["--account", home.account, "--region", home.region, "--callers", str(callers)]
        return ["--project", f"{home.project}={home.number}", "--tokens", str(self._place.gcp)]


def ready(started: Starting, home: Home) -> Cloud:
    """Wait until a cloud answers."""
    told = json.loads(started.first_line())
    return Cloud(home, told["endpoint"], told["plain"], started.process, fingerprint(CLOUD_PARTS[home.cloud]))


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"port {port} cannot be used ({error.strerror})"
            raise SandboxError(problem, "choose other ports with --port, or leave it out to take free ones") from error
