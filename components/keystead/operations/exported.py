"""The state of a stack as `pulumi stack export` writes it: from the engine, or from a file."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keystead.model.errors import KeysteadError
from keystead.operations.processes import run


def from_engine(stack: str, project: Path) -> dict[str, Any]:
    """Ask the engine for the state of a stack; what is secret in it stays encrypted."""
    command = ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    told = f"`{' '.join(command[:-1])}`"
    try:
        done = run(command, cwd=project)
    except OSError as error:
        raise KeysteadError(
            f"{told}: {error.strerror}: pulumi. Install it, or give a state with --state FILE."
        ) from None
    if done.returncode != 0:
        raise KeysteadError(f"{told} failed: {done.stderr.strip()}")
    return _parsed(done.stdout, told)


def from_file(path: Path) -> dict[str, Any]:
    """Read a state that was exported before."""
    try:
        return _parsed(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise KeysteadError(f"--state {path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeysteadError(f"--state {path}: is not UTF-8. Write it with `pulumi stack export --file FILE`.") from None


def stack_of(exported: Mapping[str, Any]) -> str:
    """Return the name of the stack a state is of, as its resources' URNs say it; empty where it has none."""
    resources = exported["deployment"].get("resources") or []
    urns = (entry.get("urn") for entry in resources if isinstance(entry, dict))
    found = (re.match(r"urn:pulumi:([^:]+)::", urn) for urn in urns if isinstance(urn, str))
    return next((match[1] for match in found if match), "")


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise KeysteadError(f"{where}: is not JSON. Write it with `pulumi stack export --file FILE`.") from None
    if not isinstance(found, dict) or not isinstance(found.get("deployment"), dict):
        raise KeysteadError(f"{where}: has no deployment. Write it with `pulumi stack export --file FILE`.")
    return found
