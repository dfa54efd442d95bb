"""Background processes of the sandbox: started apart from the terminal, known again later, ended by number."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.place import ROOT

READY_SECONDS = 60
"""A cloud is ready in 1 to 2 seconds on an idle machine; this is for a crowded one."""
STOP_SECONDS = 10
RECORD = ".process"


@dataclass(frozen=True, slots=True)
class Process:
    """A process and when it started: a number alone may meanwhile belong to somebody else."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Remember a process that runs now."""
        return cls(pid, _started(pid))

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and _started(self.pid) == self.started

    def memory(self) -> int:
        """Resident bytes, 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            return 0


def _started(pid: int) -> str:
    """When a process started, in whatever words the system has; empty when it is gone or dead."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    else:
        return "" if state == "Z" else rest[18]
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip()


def is_pulumi(pid: int) -> bool:
    """Whether this is a running Pulumi engine; numbers in old locks may belong to somebody else by now."""
    try:
        return b"pulumi" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        told = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return "pulumi" in told.stdout


class Starting:
    """A process that was started and has yet to say its first line."""

    def __init__(self, name: str, command: Sequence[str], logs: Path, cwd: Path, extra: Mapping[str, str]) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._said = logs / f"{name}.ready"
        environment = {**os.environ, **extra, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with self._said.open("wb") as output, self.log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        self.process = Process.of(self._process.pid)
        (logs / f"{name}{RECORD}").write_text(f"{self.process.pid} {self.process.started}")

    def first_line(self) -> str:
        """Wait for the line that says it is ready."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            line, end, _ = self._said.read_text().partition("\n")
            if end:
                return line
            if self._process.poll() is not None:
                last = (self.log.read_text(errors="replace").strip().splitlines() or ["it printed nothing"])[-1]
                raise SandboxError(f"{self.name} exited at once: {last[:300]}", f"the full log is in {self.log}")
            time.sleep(0.02)
        stop([self.process])
        raise SandboxError(f"{self.name} was not ready after {READY_SECONDS} s", f"see {self.log}, then try again")


def recorded(logs: Path, name: str = "*") -> list[Process]:
    """Return what was ever started under a name: a command may be killed before it registers its processes."""
    records = [file.read_text().partition(" ") for file in logs.glob(f"{name}{RECORD}")]
    return [Process(int(pid), started) for pid, _, started in records if pid.isdigit()]


def stop(processes: Iterable[Process]) -> int:
    """End processes that are still ours, politely at first; return how many there were."""
    running = [process for process in processes if process.alive()]
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = [process for process in running if process.alive()]
        for process in left:
            os.kill(process.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.alive() for process in left) and time.monotonic() < deadline:
            time.sleep(0.02)
    return len(running)
