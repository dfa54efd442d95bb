"""Runs `pulumi up` for one environment, follows its events, and puts right what a killed run left behind."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.common.interruption import interrupted
from keystead_sandbox.host import policy_pack
from keystead_sandbox.host.place import Place, write_private
from keystead_sandbox.host.policy_pack import Findings
from keystead_sandbox.host.processes import is_pulumi
from keystead_sandbox.host.registry import Clouds

POLL_SECONDS = 0.1
OPTIONS = {
    "PULUMI_DEBUG_COMMANDS": "true",  # makes --event-log known, as the SDK does
    # State is written once, at the end: writing it after every step takes half of the engine's time. What a killed
    # engine has made and not written down, the provider's own journal knows.
    "PULUMI_EXPERIMENTAL": "true",
    "PULUMI_SKIP_CHECKPOINTS": "true",
}
QUIET_SECONDS = 900
"""An engine that reports nothing for so long hangs."""


@dataclass(slots=True)
class Deployment:
    """How far one `pulumi up` is: resources begun and done, the errors the engine told, and what the policies found."""

    environment: str
    begun: int = 0
    done: int = 0
    changed: int = 0
    errors: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    def take(self, event: dict[str, Any]) -> None:
        """Count one engine event."""
        if "resourcePreEvent" in event:
            self.begun += 1
        elif "resOutputsEvent" in event:
            self.done += 1
            self.changed += event["resOutputsEvent"]["metadata"]["op"] not in {"same", "read"}
        elif "policyEvent" in event:
            self.findings.take(event["policyEvent"])
        elif (told := event.get("diagnosticEvent", {})).get("severity") == "error":
            resource = told.get("urn", "").rpartition("::")[2]
            self.errors.append(f"{resource}: {told['message'].strip()}" if resource else told["message"].strip())


class Engine:
    """The sandbox's `pulumi`, for one project, with the arguments that make it run a policy pack."""

    def __init__(self, place: Place, variables: dict[str, str], policies: Sequence[str] = ()) -> None:
        self._place = place
        self._policies = policies
        self._variables = variables | OPTIONS
        self._copies = place.directory / "stacks"
        self._running = place.directory / "running"
        self._running.mkdir(mode=0o700, exist_ok=True)

    def prepare(self, environments: dict[str, Clouds]) -> None:
        """Have a stack for each environment; one that was deployed to a cloud that is gone starts from nothing."""
        listed = {entry["name"] for entry in json.loads(self._run("stack", "ls", "--json"))}
        for name, clouds in environments.items():
            deployed_to = self._copies / f"{name}.clouds"
            present = {f"{cloud.home} {cloud.process.pid} {cloud.process.started}" for cloud in clouds.values()}
            before = set(deployed_to.read_text().splitlines()) if deployed_to.exists() else set()
            if name in listed and (not before or before - present):
                self._unlock(name)
                self._run("stack", "rm", name, "--yes", "--force", "--preserve-config")
                listed.remove(name)
            if name not in listed:
                # In the directory of copies: the engine writes the stack's salt into the project's directory.
                self._run("-C", str(self._copies), "stack", "init", name, "--no-select")
                self._mark(name).unlink(missing_ok=True)
            write_private(deployed_to, "\n".join(sorted(present)))

    def up(self, environment: str, report: Callable[[Deployment], None]) -> Deployment:
        """Deploy; raise with the engine's own errors when it fails."""
        self._recover(environment)
        mark = self._mark(environment)
        mark.touch()
        events = self._place.logs / f"up-{environment}.events"
        events.unlink(missing_ok=True)
        output = self.log(environment)
        deployment = Deployment(environment)
        told = ("--skip-preview", "--event-log", str(events))
        command = self._command("up", "-s", environment, "--yes", *told, *self._policies)
        with (
            output.open("wb") as log,
            subprocess.Popen(
                command, cwd=self._place.project, env=self._variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ) as process,
        ):
            for event in _follow(process, events):
                deployment.take(event)
                report(deployment)
        if interrupted(process.returncode, output.read_text(errors="replace")):
            raise KeyboardInterrupt
        if process.returncode:
            raise SandboxError(f"{environment}: {_story(deployment, output)}", f"the full log is in {output}")
        mark.unlink(missing_ok=True)
        return deployment

    def log(self, environment: str) -> Path:
        """Return the file with all that the engine says of an environment's deployment."""
        return self._place.logs / f"up-{environment}.log"

    def _recover(self, environment: str) -> None:
        """Forget what an engine that was killed had begun: the provider adopts it."""
        if self._unlock(environment) or self._mark(environment).exists():
            self._run("refresh", "-s", environment, "--yes", "--skip-preview", "--clear-pending-creates")

    def _unlock(self, environment: str) -> bool:
        """Break the lock of an engine that was killed; return whether there was one."""
        locks = list((self._place.directory / "state" / ".pulumi" / "locks").rglob(f"{environment}/*.json"))
        for lock in locks:
            holder = int(json.loads(lock.read_text()).get("pid", 0))
            if is_pulumi(holder):
                problem = f"{environment} is being deployed by process {holder}"
                raise SandboxError(problem, "wait for it, or end it and run this again")
        if locks:
            self._run("cancel", environment, "--yes")
        return bool(locks)

    def _mark(self, environment: str) -> Path:
        return self._running / environment

    def _command(self, *arguments: str) -> list[str]:
        return [str(self._place.bin / "pulumi"), "--non-interactive", "--color", "never", *arguments]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(*arguments),
            cwd=self._place.project,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=QUIET_SECONDS,
            check=False,
        )
        if interrupted(done.returncode, done.stderr):
            raise KeyboardInterrupt
        if done.returncode:
            told = [line for line in (done.stderr + done.stdout).splitlines() if "error:" in line] or [
                done.stderr.strip()
            ]
            raise SandboxError(
                f"`pulumi {' '.join(arguments)}` failed: {told[0].strip()}", "correct that and try again"
            )
        return done.stdout


def _follow(process: subprocess.Popen[bytes], events: Path) -> Iterator[dict[str, Any]]:
    """Yield the engine's events as it writes them, until it has ended."""
    position, rest = 0, b""
    last = time.monotonic()
    while True:
        ended = process.poll() is not None
        if events.exists():
            with events.open("rb") as file:
                file.seek(position)
                piece = file.read()
            position += len(piece)
            last = time.monotonic() if piece else last
            *lines, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())
        if ended:
            return
        if time.monotonic() - last > QUIET_SECONDS:
            process.terminate()
        time.sleep(POLL_SECONDS)


def _story(deployment: Deployment, output: Path) -> str:
    stopping = list(deployment.findings.stopping)
    errors = [error for error in dict.fromkeys(deployment.errors) if error != "update failed"]
    if stopping or errors:
        heading = "the deployment failed" if errors else "the policy pack stopped the deployment"
        return "\n  ".join([heading, *stopping, *errors])
    lines = [line for line in output.read_text(errors="replace").splitlines() if line.strip()]
    if reason := policy_pack.broken(lines):
        return reason
    told = [line for line in lines if "error:" in line] or lines[-1:] or ["the engine printed nothing"]
    return "\n  ".join(told[:5])
