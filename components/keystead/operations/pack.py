"""Runs the policy pack by its own interpreter: pulumi-policy pins another protobuf, so it is never imported here."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keystead.model.errors import KeysteadError
from keystead.operations.processes import run


@dataclass(frozen=True)
class Pack:
    """The policy pack in a directory."""

    directory: Path

    @classmethod
    def beside(cls, stacks: Path, given: Path | None) -> "Pack":
        """Return the given pack, or the one in `policies` beside the stack files."""
        directory = given or stacks.resolve().parent / "policies"
        if not (directory / "keystead_policies").is_dir():
            raise KeysteadError(f"{directory}: there is no policy pack. Give its directory with --pack DIR.")
        return cls(directory.resolve())

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule with what is told about it."""
        found: list[dict[str, Any]] = json.loads(self._run("rules"))
        return found

    def check(self, exported: Mapping[str, Any], *arguments: str) -> dict[str, Any]:
        """Check an exported state, which is handed over without a file."""
        text = self._run("check", "-", "--quiet", "--json", "-", *arguments, given=json.dumps(exported))
        found: dict[str, Any] = json.loads(text)
        return found

    def _run(self, *arguments: str, given: str = "") -> str:
        python = self.directory / ".venv" / "bin" / "python"
        if not python.exists():
            raise KeysteadError(
                f"{python}: the policy pack's own interpreter is missing. Run `make install` in this project, or "
                f"`pulumi install` in {self.directory}."
            )
        command = [str(python), "-P", "-m", "keystead_policies", *arguments]
        done = run(command, env={**os.environ, "PYTHONPATH": str(self.directory)}, given=given)
        if done.returncode == 2:
            raise KeysteadError(done.stderr.strip().removeprefix("error: "))
        if not done.stdout:
            # What an unforeseen exception says could hold a value of the state; its type cannot.
            kind = (done.stderr.strip().splitlines() or ["no message"])[-1].partition(":")[0]
            raise KeysteadError(f"{self.directory}: the policy pack ended with {done.returncode} ({kind}).")
        return done.stdout
