"""Child processes of operations: the policy pack and the engine."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with `given` on its standard input, and return what it wrote.

    Raises KeyboardInterrupt where Ctrl-C ended it: that reaches every process of the terminal, and its end may be seen
    before this process has taken its own interrupt. Raises OSError where it cannot be started.
    """
    done = subprocess.run([*command], cwd=cwd, env=env, input=given, capture_output=True, encoding="utf-8", check=False)
    if done.returncode in (-signal.SIGINT, 128 + signal.SIGINT):
        raise KeyboardInterrupt
    return done
