"""Runs inside a Lambda worker: starts ministack's runtime loop and ends with the process that started it.

Before the answer to an invocation it marks the end of that invocation's log, so that no line is counted to the next.
"""

import runpy
import sys
from typing import TextIO

from keystead_sandbox.common import lifetime

END = "\x1e"
"""The line after an invocation's log."""


class Answers:
    """Standard output as the loop uses it: a line that says it is ready, then an answer for each invocation."""

    def __init__(self, real: TextIO) -> None:
        self._real = real
        self._ready = False

    def write(self, text: str) -> int:
        """Write an answer, after the mark in the log."""
        if self._ready:
            sys.stderr.write(f"{END}\n")
            sys.stderr.flush()
        self._ready = True
        return self._real.write(text)

    def flush(self) -> None:
        """Let it be read."""
        self._real.flush()


if __name__ == "__main__":
    lifetime.end_with_parent()
    sys.stdout = Answers(sys.stdout)  # of a stream the loop uses these two
    runpy.run_path(sys.argv[1], run_name="__main__")
