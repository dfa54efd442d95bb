"""What an environment of many secrets costs: its first `up`, one without a change, a preview, memory, and the sweep."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import yaml

from bench.figure import Figure
from bench.many_secrets import large

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "many"
LIMIT = 1800
"""Seconds after which a command is given up."""
FIXED, PER_SECRET = 20, 0.12
"""Seconds that an `up` may take whatever it declares, and beyond that for each secret."""
AGAIN = 25
"""Seconds that an `up` without a change may take with a thousand secrets; fewer take the fixed part and their share."""
PARTS = {
    "engine": "/engine/pulumi",
    "program": "keystead_sandbox.engine.program_server",
    "provider": "keystead_sandbox.pulumi_provider",
}
"""What is in the command line of each process of a deployment."""
MEMORY = {"engine": 600, "program": 500, "provider": 300}
"""MB that each may take."""

SIZES: Sequence[tuple[str, int]] = (("aws", 50), ("aws", 300), ("aws", 1000), ("gcp", 300))


def scale(sizes: Sequence[tuple[str, int]] = SIZES) -> Iterator[Figure]:
    """Bring an environment of each size up on an empty cloud, again, and preview it."""
    for cloud, secrets in sizes:
        with tempfile.TemporaryDirectory(prefix="keystead-bench-") as place:
            project = Project(Path(place), cloud, secrets)
            try:
                yield from project.figures()
            finally:
                project.sandbox("down")


class Project:
    """A project with one environment of many secrets on one cloud, and a sandbox of its own."""

    def __init__(self, directory: Path, cloud: str, secrets: int) -> None:
        self._directory, self._cloud, self._secrets = directory, cloud, secrets
        stacks = directory / "stacks"
        stacks.mkdir()
        shutil.copy(ROOT / "Pulumi.yaml", directory)
        shutil.copy(ROOT / "stacks" / "__main__.py", stacks)
        (stacks / "base.yaml").write_text("{}\n")
        config = {"pulumi:disable-default-providers": ["*"], "keystead:environment": large(cloud, secrets)}
        (stacks / f"Pulumi.{ENVIRONMENT}.yaml").write_text(yaml.safe_dump({"config": config}))

    def figures(self) -> Iterator[Figure]:
        """Measure it."""
        name = f"{self._cloud.upper()}, {self._secrets} secrets:"
        share = self._secrets * PER_SECRET
        self.sandbox("up", "--clouds-only")
        with Peaks(self._directory) as peaks:
            seconds = self.sandbox("up", "--no-table")
        yield Figure(f"{name} up", seconds, FIXED + share, "s")
        yield Figure(f"{name} up, each", max(seconds - FIXED, 0) / self._secrets, PER_SECRET, "s")
        for part, found in peaks.found.items():
            yield Figure(f"{name} {part}", found, MEMORY[part], "MB")
        yield Figure(f"{name} up again", self.sandbox("up", "--no-table"), min(FIXED + share / 5, AGAIN), "s")
        yield Figure(f"{name} preview", self._entered("pulumi", "preview", "-s", ENVIRONMENT)[0], AGAIN, "s")
        if self._cloud == "aws":
            swept = json.loads(self._entered(sys.executable, "-m", "bench.sweep", ENVIRONMENT)[1])
            yield Figure(f"{name} calls of a sweep", swept["calls"], self._secrets / 100 + 10, "")
            yield Figure(f"{name} sweep", swept["seconds"], 60, "s")

    def sandbox(self, *arguments: str) -> float:
        """Run `python -m sandbox ...` and return the seconds that it took."""
        owner = ["--owner-pid", str(os.getpid())] if arguments[0] == "up" else []
        return self._run([sys.executable, "-m", "sandbox", *arguments, *owner])[0]

    def _entered(self, *command: str) -> tuple[float, str]:
        """Run a command as in a shell that has taken over what the sandbox exports."""
        enter = f'eval "$({sys.executable} -m sandbox env)"'
        return self._run(["bash", "-c", f"{enter}; {shlex.join(command)}"])

    def _run(self, command: Sequence[str]) -> tuple[float, str]:
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"KEYSTEAD_SANDBOX": str(self._directory / ".sandbox"), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=self._directory, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return time.monotonic() - began, done.stdout


class Peaks:
    """The most memory that each process of a deployment has held, in MB, looked at twice a second."""

    def __init__(self, directory: Path) -> None:
        self._mark = str(directory).encode()
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self.found: dict[str, float] = {}

    def __enter__(self) -> Self:
        """Begin to look."""
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    command, status = (process / "cmdline").read_bytes(), (process / "status").read_text()
                    ours = self._mark in command or self._mark in (process / "environ").read_bytes()
                except (OSError, ValueError):
                    continue
                for part, word in PARTS.items():
                    if ours and word.encode() in command and "VmHWM:" in status:
                        held = int(status.partition("VmHWM:")[2].split()[0]) / 1024
                        self.found[part] = max(held, self.found.get(part, 0))
