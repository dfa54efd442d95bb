"""Sandboxes in folders of their own: one to deploy the stacks in, and fresh clouds for each provider."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keystead_sandbox.host import shell
from keystead_sandbox.host.deployment import Engine
from keystead_sandbox.host.environments import declared
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Registry

from fidelity.environment import official

SECONDS = 900


class FidelitySandbox:
    """One sandbox of this checkout, used through its own commands."""

    def __init__(self, project: Path, directory: Path) -> None:
        self._place = Place(project, directory)

    @property
    def stacks(self) -> list[str]:
        """The stacks of the checkout."""
        return list(declared(self._place.stacks))

    @property
    def root(self) -> Path:
        """The folder that the paths of assets are relative to."""
        return self._place.stacks

    def up(self, *options: str) -> None:
        """Start its clouds and, unless told otherwise, deploy every stack; it ends with this process."""
        self._sandbox("up", "--no-table", "--owner-pid", str(os.getpid()), *options)

    def down(self) -> None:
        """End all that runs in it."""
        self._sandbox("down")

    def state(self, stack: str) -> dict[str, Any]:
        """What the engine knows of a stack."""
        environment = shell.process_environment(self._place, self._registry)
        command = [str(self._place.bin / "pulumi"), "stack", "export", "-s", stack]
        return dict(json.loads(_run(command, self._place.project, environment)))

    def has(self, stack: str, cloud: str) -> bool:
        """Whether the stack has anything on this cloud."""
        return cloud in self._registry.clouds[stack]

    def environment(self, stack: str) -> dict[str, str]:
        """What leads the official tools to this stack's account and project."""
        return official(self._place, self._registry, stack)

    def engine(self, stack: str, plugins: Iterable[Path]) -> Engine:
        """The engine, with the official plugins in these folders."""
        environment = self.environment(stack)
        path = os.pathsep.join([str(self._place.bin), *(str(one) for one in plugins), environment["PATH"]])
        return Engine(self._place, {**environment, "PATH": path})

    @property
    def _registry(self) -> Registry:
        return Registry.load(self._place.registry)

    def _sandbox(self, *arguments: str) -> None:
        environment = {**os.environ, "KEYSTEAD_SANDBOX": str(self._place.directory)}
        _run([sys.executable, "-m", "sandbox", *arguments], self._place.project, environment)


@contextmanager
def running(project: Path, directory: Path, *options: str) -> Iterator[FidelitySandbox]:
    """A sandbox that is up, until the end of the block."""
    sandbox = FidelitySandbox(project, directory)
    try:
        sandbox.up(*options)
        yield sandbox
    finally:
        sandbox.down()


def _run(command: list[str], project: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode:
        sys.exit(f"`{' '.join(command[1:])}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
