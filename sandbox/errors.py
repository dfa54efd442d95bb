"""What a user can put right, said in one line."""


class SandboxError(Exception):
    """Something failed: what, and what to do about it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")


class UsageError(SandboxError):
    """The command was called with something that does not exist."""
