"""How an operation says what it waits for, without knowing whether anybody watches."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Progress = Callable[[str], AbstractContextManager[None]]
"""Called with what is being waited for; the context it returns is open for as long as the wait takes."""


def silent(_doing: str) -> AbstractContextManager[None]:
    """Report nothing."""
    return nullcontext()
