"""What the command costs before it does anything: its help, and a check, beside the import of typer alone."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure

RUNS = 9
ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "keystead.cli"]
MEASURED = {
    "typer": [sys.executable, "-c", "import typer"],
    "help": [*COMMAND, "--help"],
    "check": [*COMMAND, "check", "--stacks", str(ROOT / "stacks")],
}


def command() -> Iterator[Figure]:
    """Run each in turn, so that what else the machine does adds to all alike; compare the medians."""
    seconds: dict[str, list[float]] = {name: [] for name in MEASURED}
    for name in [*MEASURED] * RUNS:
        seconds[name].append(_once(MEASURED[name]))
    median = {name: statistics.median(found) for name, found in seconds.items()}
    yield Figure("keystead --help beside import typer", median["help"] / median["typer"], 1.5, "x")
    yield Figure("keystead check beside import typer", median["check"] / median["typer"], 5, "x")


def _once(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return time.perf_counter() - began
