"""Whether a child process was ended by Ctrl-C, which reaches every process of the terminal's group.

The end of a child may be seen before this process has taken its own interrupt; what the child answers to it is then no
failure that anybody could correct.
"""

import signal

WORDS = ("^C received; cancelling", "signal: interrupt")
"""What the Pulumi engine and the Go command write when they are interrupted (3.259.0, Go 1.26)."""


def interrupted(code: int, output: str = "") -> bool:
    """Judge by the exit code, as Python and shells report a signal, and by what the process wrote."""
    return code in (-signal.SIGINT, 128 + signal.SIGINT) or (code != 0 and any(words in output for words in WORDS))
