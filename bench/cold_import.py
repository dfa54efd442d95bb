"""What the rotator's own code costs at a cold start, beyond boto3's import."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from keystead.functions.rotator.settings import CloudSettings, RotatorSettings
from keystead.packaging.rotator import archive_with

from bench.figure import Figure

RUNS = 9
PROBE = """
import time, boto3
began = time.perf_counter()
import keystead.functions.rotator.aws
print(time.perf_counter() - began)
"""


def cold_import() -> Figure:
    """Import the handler from an unpacked archive, without bytecode as in Lambda; the best of fresh processes.

    The best, since whatever else the machine does only adds to it.
    """
    settings = RotatorSettings("bench", CloudSettings("111111111111", "us-east-1"), {})
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        archive = archive_with(settings, "aws", root / "archives")
        with zipfile.ZipFile(archive.path) as packed:
            packed.extractall(root / "task")
        seconds = [_once(root / "task") for _ in range(RUNS)]
    return Figure("rotator cold import beyond boto3", min(seconds) * 1000, 30, "ms")


def _once(root: Path) -> float:
    command = [sys.executable, "-B", "-c", PROBE]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)
