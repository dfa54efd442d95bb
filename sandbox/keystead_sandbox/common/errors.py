"""What a user can put right, said in one line, or in one line per problem where there are several."""


class SandboxError(Exception):
    """Something failed: what, and what to do about it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}\n{fix}" if "\n" in problem else f"{problem}; {fix}")


class UsageError(SandboxError):
    """The command was called with something that does not exist."""
