"""Memory of the sandbox's processes, shared pages counted once."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure

PROC = Path("/proc")


TARGETS = {"aws": 600, "gcp": 300}
"""MB for three environments: with AWS goes the provider plugin, which serves both clouds."""


def sandbox_memory(directory: Path) -> Iterator[Figure]:
    """Add up the proportional set size of the clouds' processes: emulators, provider plugin, functions."""
    registry = json.loads((directory / "sandbox.json").read_text())
    for cloud, target in TARGETS.items():
        roots = {clouds[cloud]["pid"] for clouds in registry["stacks"].values() if cloud in clouds}
        if roots:
            name = f"memory of {cloud.upper()}, {len(roots)} processes"
            family = _family(roots | ({registry["provider"]["pid"]} if cloud == "aws" else set()))
            yield Figure(name, sum(map(_proportional, family)) / 1024, target, "MB")


def _family(roots: set[int]) -> set[int]:
    """Return the processes and all that descend from them."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    lists = (PROC / str(pid) / "task").glob("*/children")
    return [int(child) for listed in lists for child in _text(listed).split()]


def _proportional(pid: int) -> int:
    lines = _text(PROC / str(pid) / "smaps_rollup").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _text(path: Path) -> str:
    """Return a file of /proc, or nothing if its process has ended meanwhile."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
