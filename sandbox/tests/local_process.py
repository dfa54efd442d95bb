"""One local cloud as a process of its own, started, asked and ended by tests."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import pytest
from keystead_sandbox.common.lifetime import alive
from keystead_sandbox.host import certificates
from tests.observed import LOOPBACK, listening

ROOT = Path(__file__).parents[2]
FILES = {"--cert": "server.pem", "--key": "server.key", "--ca": "ca.pem", "--clock": "clock"}


@dataclass(kw_only=True)
class LocalProcess:
    """A running cloud, and the sandbox's own questions to it."""

    directory: Path
    process: "subprocess.Popen[str]"
    token: str
    endpoint: str
    plain: str

    @classmethod
    def started(
        cls,
        module: str,
        directory: Path,
        options: list[str],
        variables: Mapping[str, str],
        owner: int | None,
        **own: Any,
    ) -> Self:
        """Start `python -m module` in a machine's environment that must not reach functions, and wait for it."""
        certificates.ensure(directory)
        token = secrets.token_hex(16)
        machine = {"KEYSTEAD_MACHINE_SECRET": "must not reach a function", "HTTPS_PROXY": "http://127.0.0.1:9"}
        process = subprocess.Popen(
            command(module, directory, *options, "--owner", str(owner or os.getpid())),
            cwd=ROOT,
            env={**os.environ, **machine, **variables, "KEYSTEAD_TOKEN": token},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        where = {"endpoint": ready["endpoint"], "plain": ready["plain"]}
        return cls(directory=directory, process=process, token=token, **where, **own)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.process.stdout:
            self.process.stdout.close()

    def ask(self, question: str, body: dict[str, Any] | None = None, *, token: str | None = None) -> list[Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is this test's own cloud
            f"{self.plain}/_keystead/{question}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"x-keystead-token": self.token if token is None else token},
        )
        with urllib.request.urlopen(request, timeout=50) as answer:  # noqa: S310 - as above
            return [json.loads(line) for line in answer]

    def advance(self, seconds: float) -> list[Any]:
        """Move the clock by so many seconds; what happened on the way."""
        offset = self.ask("status")[0]["offset"]
        lines = self.ask("advance", {"to": offset + int(seconds)})
        assert lines[-1]["done"], lines[-1]
        return lines[:-1]


class Start(Protocol):
    """Starts a cloud that ends with its owner."""

    def __call__(self, directory: Path, *, owner: int | None = None) -> LocalProcess: ...


def command(module: str, directory: Path, *options: str) -> list[str]:
    """The command line of a cloud; options override what all clouds have."""
    files = [part for name, file in FILES.items() for part in (name, str(directory / file))]
    return [sys.executable, "-m", module, "--port", "0", "--plain-port", "0", *files, *options]


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until `condition` holds and answer what it answered."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {seconds} s in vain")


def ends_with_its_owner(start: Start, directory: Path) -> bool:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    running = start(directory, owner=owner.pid)
    try:
        owner.kill()
        running.process.wait(timeout=10)
        return not alive(running.process.pid)
    finally:
        owner.wait()
        running.stop()


def listens_on_loopback_alone(running: LocalProcess) -> bool:
    addresses = listening([running.process.pid])
    return len(addresses) >= 2 and set(addresses) <= LOOPBACK


def refused_words(module: str, directory: Path, *options: str) -> str:
    """What a cloud that cannot start says, on one line."""
    line = command(module, directory, *options)
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    return ended.stderr.strip()
