"""Errors that a user can fix, in one line, or in one line per problem."""


class SandboxError(Exception):
    """Something failed: what, and what to do about it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}\n{fix}" if "\n" in problem else f"{problem}; {fix}")


class UsageError(SandboxError):
    """The command was called with something that does not exist."""
