"""How this package changes ministack: by name, and loudly when an upgrade has moved the name."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

TESTED_VERSION = "1.5.33"


class SeamError(RuntimeError):
    """ministack no longer has what a correction replaces."""


def module(name: str) -> ModuleType:
    """The ministack module `name`, such as `services.kms`."""
    try:
        return importlib.import_module(f"ministack.{name}")
    except ModuleNotFoundError as error:
        message = f"ministack has no module {name}; the sandbox's corrections are written for ministack {TESTED_VERSION}"
        raise SeamError(message) from error


def original(owner: Any, name: str) -> Any:
    """What `owner` has under `name`; an error that says which version was expected when it has nothing."""
    if not hasattr(owner, name):
        where = getattr(owner, "__name__", type(owner).__name__)
        message = f"{where} has no {name}; the sandbox's corrections are written for ministack {TESTED_VERSION}"
        raise SeamError(message)
    return getattr(owner, name)


def replace(owner: Any, name: str, new: Any) -> Any:
    """Put `new` in the place of `owner.name` and return what was there."""
    old = original(owner, name)
    setattr(owner, name, new)
    return old


def wrap(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Put `wrapper(what is there)` in the place of `owner.name`."""
    setattr(owner, name, wrapper(original(owner, name)))
