"""Times the main job as a new user runs it: a fresh clone, `make up` twice, and what then runs."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.memory import sandbox_memory

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 900
"""Seconds after which a run is given up."""


def journey() -> Iterator[Figure]:
    """Clone the committed state, bring it up from nothing, again, weigh it, and take it down."""
    with tempfile.TemporaryDirectory(prefix="keystead-bench-") as place:
        clone = Path(place) / "keystead"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True, timeout=LIMIT)
        try:
            yield Figure("make up from nothing", _timed(clone), 90, "s")
            yield Figure("make up again, no change", _timed(clone), 20, "s")
            yield from sandbox_memory(clone / ".sandbox")
        finally:
            _make(clone, "down")


def _timed(clone: Path) -> float:
    began = time.monotonic()
    _make(clone, "up")
    return time.monotonic() - began


def _make(clone: Path, target: str) -> None:
    """Run make in the clone with nothing of this checkout in its environment; its output goes to standard error."""
    foreign = ("VIRTUAL_ENV", "PYTHONPATH", "KEYSTEAD_", "PULUMI_", "AWS_", "GOOGLE_", "CLOUDSDK_", "MAKE", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    own = f"{ROOT}/"
    environment["PATH"] = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(own)
    )
    subprocess.run(["make", target], cwd=clone, env=environment, stdout=sys.stderr, check=True, timeout=LIMIT)
