"""Memory of the sandbox's processes, shared pages counted once."""

import json
from pathlib import Path

from bench.figure import Figure

PROC = Path("/proc")


def sandbox_memory(directory: Path) -> Figure:
    """Add up the proportional set size of every process of the sandbox: emulators, provider plugin, functions."""
    registry = json.loads((directory / "sandbox.json").read_text())
    clouds = [cloud for clouds in registry["stacks"].values() for cloud in clouds.values()]
    entries = [*clouds, registry["provider"]]
    kilobytes = sum(map(_proportional, _family({entry["pid"] for entry in entries})))
    return Figure(f"sandbox memory, {len(registry['stacks'])} environments", kilobytes / 1024, 600, "MB")


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
