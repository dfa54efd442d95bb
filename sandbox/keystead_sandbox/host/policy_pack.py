"""The project's policy pack: whether it can start, and what it says of a deployment."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.place import Place

DIRECTORY = "policies"
"""Where a project has its pack."""


def arguments(place: Place) -> list[str]:
    """Return what makes `pulumi` run the project's own pack: nothing where it has none."""
    pack = place.project / DIRECTORY
    if not (pack / "PulumiPolicy.yaml").is_file():
        return []
    python = pack / ".venv" / "bin" / "python"
    if not python.exists():
        raise SandboxError(f"the policy pack cannot start: there is no {python}", "run `make install`")
    return ["--policy-pack", str(pack)]


def broken(told: Sequence[str]) -> str:
    """Say in one line why a pack did not start, from what the engine printed; empty where that is not the trouble."""
    for number, line in enumerate(told):
        if line.startswith("error: policy pack") and "failed to start" in line:
            last = told[number - 1].strip() if number else ""
            reason = last if re.match(r"\w+(Error|Exception|Exit)\b", last) else line.removeprefix("error: ")
            hint = "; run `make install`" if last.startswith("ModuleNotFoundError") else ""
            return f"the policy pack cannot start: {reason}{hint}"
    return ""


@dataclass(slots=True)
class Findings:
    """What the rules found in one deployment, each finding once."""

    stopping: dict[str, None] = field(default_factory=dict)
    """Findings that end it, a line each, in their order."""
    advice: set[str] = field(default_factory=set)

    def take(self, found: dict[str, Any]) -> None:
        """Take a finding as the engine's event tells it: the message has what was found and how to correct it."""
        line = f"{found['message'].strip()} ({found['policyName']})"
        if found["enforcementLevel"] == "mandatory":
            self.stopping[line] = None
        else:
            self.advice.add(f"{found['resourceUrn']} {line}")

    def advised(self) -> str:
        """Say how much advice there is."""
        count = len(self.advice)
        return f"the policy pack advises on {count} {'point' if count == 1 else 'points'}"
