"""The few conditions that decide whether a line of the table applies."""

from collections.abc import Callable
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context


def is_on(name: str) -> Callable[[Context], bool]:
    """Apply when a boolean property is declared true."""
    return lambda context: context.inputs.get(name) is True


def is_off(name: str) -> Callable[[Context], bool]:
    """Apply when a boolean property is declared false or not at all."""
    return lambda context: context.inputs.get(name) is not True


def is_set(name: str) -> Callable[[Context], bool]:
    """Apply when a property is declared."""
    return lambda context: context.inputs.get(name) not in (None, "")


def is_unset(name: str) -> Callable[[Context], bool]:
    """Apply when a property is not declared."""
    return lambda context: context.inputs.get(name) in (None, "")


def lists(reply: Any, key: str) -> list[Any]:
    """Return a list of a reply, empty when it has none."""
    return list(reply.get(key) or [])
