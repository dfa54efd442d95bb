"""Access to ministack's modules: public names by `module`, all others only as the registry lists them.

A name that an upgrade has moved stops the start, with the version the sandbox was tested with.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from keystead_sandbox.local_aws.patches.registry import PATCHES, TESTED_VERSION, Patch

_REGISTERED = {patch.path: patch for patch in PATCHES}
_INSTANCE_NAMES = frozenset(patch.name for patch in PATCHES if patch.of)


class PatchError(RuntimeError):
    """ministack lacks a name, or the registry does not list it."""


def module(name: str) -> ModuleType:
    """The ministack module `name`, such as `services.kms`."""
    try:
        return importlib.import_module(f"ministack.{name}")
    except ModuleNotFoundError as error:
        message = f"ministack has no module {name}; the sandbox was tested with ministack {TESTED_VERSION}"
        raise PatchError(message) from error


def check() -> None:
    """Refuse a ministack that lacks a name of the registry."""
    for patch in PATCHES:
        owner = _owner(patch)
        made_by_init = getattr(owner.__init__, "__code__", None) if patch.of else None
        if not hasattr(owner, patch.name) and patch.name not in getattr(made_by_init, "co_names", ()):
            message = f"ministack has no {patch.path}; the sandbox was tested with ministack {TESTED_VERSION}"
            raise PatchError(message)


def get(module_name: str, name: str) -> Any:
    """What is under a registered name now."""
    return getattr(module(_registered(module_name, name).module), name)


def replace(module_name: str, name: str, new: Any, *, of: str = "") -> Any:
    """Put `new` in the place of a registered name and return what was there."""
    owner = _owner(_registered(module_name, name, of))
    old = getattr(owner, name)
    setattr(owner, name, new)
    return old


def wrap(module_name: str, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Put `wrapper(what is there)` in the place of a registered name."""
    replace(module_name, name, wrapper(get(module_name, name)))


def attribute(instance: Any, name: str) -> Any:
    """A registered private attribute of an instance."""
    if name not in _INSTANCE_NAMES:
        message = f"{name} is not in the registry of patches"
        raise PatchError(message)
    return getattr(instance, name)


def everywhere(store: Any) -> dict[tuple[str, str, str], Any]:
    """A copy of a store of ministack with the entries of all accounts and regions: (account, region, key) -> entry."""
    return dict(attribute(store, "_data"))


def _registered(module_name: str, name: str, of: str = "") -> Patch:
    path = ".".join(part for part in (module_name, of, name) if part)
    if path not in _REGISTERED:
        message = f"{path} is not in the registry of patches"
        raise PatchError(message)
    return _REGISTERED[path]


def _owner(patch: Patch) -> Any:
    found = module(patch.module)
    return getattr(found, patch.of) if patch.of else found
