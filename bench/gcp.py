"""What the local GCP costs: the time to create a secret, and the memory with 2,000 of them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keystead.functions.rotator import strategies
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import clock, logs
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.pace import PacedCalls
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.gcp import GcpSecretStore
from keystead_sandbox.host import certificates
from keystead_sandbox.host.processes import Process

from bench.figure import Figure

ROOT = Path(__file__).resolve().parents[1]
PROJECT, SECRETS = "acme-bench", 2000


def gcp() -> Iterator[Figure]:
    """Start a cloud, create the secrets over one connection, and weigh it."""
    with tempfile.TemporaryDirectory(prefix="keystead-bench-") as place:
        directory = Path(place)
        certificates.ensure(directory)
        command = [
            sys.executable,
            "-m",
            "keystead_sandbox.local_gcp",
            "--project",
            PROJECT,
            "--port",
            "0",
            "--plain-port",
            "0",
        ]
        command += ["--owner", str(os.getpid())]
        files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock", "tokens": "tokens"}
        for option, file in files.items():
            command += [f"--{option}", str(directory / file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                ready = json.loads(process.stdout.readline() if process.stdout else "")
                token = (directory / "tokens" / f"{PROJECT}.token").read_text()
                yield Figure("GCP: create a secret", _create(ready["plain"], token), 5, "ms")
                memory = Process.of(process.pid).memory() / 1024**2
                yield Figure(f"GCP: memory with {SECRETS} secrets", memory, 300, "MB")
                reads, seconds = _sweep(ready["plain"], token)
                yield Figure(f"GCP: reads of a sweep of {SECRETS}", reads, 600, "")
                yield Figure(f"GCP: sweep of {SECRETS}", seconds, 60, "s")
            finally:
                process.terminate()


def _sweep(address: str, token: str) -> tuple[int, float]:
    """Sweep as the rotator does; return its reads, of which a project has 600 a minute, and its seconds."""
    logs.configure()
    api = CountedReads(Bearer(token), endpoint=lambda _: address)
    settings = SecretSettings("manual", 90 * 86400, 30 * 86400)
    names = [f"secret-{number}" for number in range(SECRETS)]
    rotators = {name: strategies.build(settings, Path()) for name in names}
    store = GcpSecretStore(PacedCalls(api), PROJECT)
    began = time.monotonic()
    Sweep(store, rotators, dict.fromkeys(names, settings), RotationWorkflow(store, rotators)).run(clock.now())
    return api.reads, time.monotonic() - began


class Bearer:
    """A token that stays valid."""

    def __init__(self, token: str) -> None:
        self._token = Sensitive(token)

    def get(self) -> Sensitive:
        """Return it."""
        return self._token

    def forget(self) -> None:
        """Keep it."""


class CountedReads(Api):
    """Google's APIs, and how many reads were made of them."""

    reads = 0

    def call(self, http: str, *call: Any, **options: Any) -> dict[str, Any]:
        """Call a method."""
        self.reads += http == "GET"
        return super().call(http, *call, **options)


def _create(address: str, token: str) -> float:
    connection = HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=20)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def post(path: str, body: object) -> None:
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(content.decode())

    post(f"/v1/projects/{PROJECT}/services/secretmanager.googleapis.com:enable", {})
    began = time.perf_counter()
    for number in range(SECRETS):
        post(f"/v1/projects/{PROJECT}/secrets?secretId=secret-{number}", {"replication": {"automatic": {}}})
    seconds = time.perf_counter() - began
    connection.close()
    return seconds / SECRETS * 1000
