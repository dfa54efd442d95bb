import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_command_runs_with_a_python_that_has_nothing_installed() -> None:
    bare = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run(
        [bare, "-S", "-m", "sandbox", "--help"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "advance" in done.stdout
