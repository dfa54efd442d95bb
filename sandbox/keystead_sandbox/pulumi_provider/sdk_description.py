"""Write official.json anew, from the official SDKs: `python -m keystead_sandbox.pulumi_provider.sdk_description`.

Importing the official SDKs takes seconds, and the sandbox does without them: this writes down what the tables need of
them, and a test compares the file with the installed SDKs.
"""

import importlib
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi import _types

from keystead_sandbox.pulumi_provider.aws import table as aws
from keystead_sandbox.pulumi_provider.gcp import table as gcp
from keystead_sandbox.pulumi_provider.official import FILE, Shape, module

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def describe(type_names: Iterable[str]) -> dict[str, Any]:
    """Return what official.json has to hold for these types, from the installed SDKs."""
    resources = {}
    for type_name in sorted(type_names):
        sdk, class_name = importlib.import_module(module(type_name)), type_name.rpartition(":")[2]
        shown = sorted(_types.resource_types(getattr(sdk, class_name)))
        resources[type_name] = {"inputs": _block(getattr(sdk, f"{class_name}Args")), "outputs": shown}
    return {"settings": {package: _settings(package) for package in ("aws", "gcp")}, "resources": resources}


def _settings(package: str) -> list[str]:
    names = _types.input_type_py_to_pulumi_names(importlib.import_module(f"pulumi_{package}").ProviderArgs).values()
    return sorted(name for name in names if not name.endswith("CustomEndpoint"))


def _block(arguments: type) -> dict[str, Shape]:
    names = _types.input_type_py_to_pulumi_names(arguments)
    words = {"Output": pulumi.Output, "T": Any}  # what pulumi.Input refers to by name
    hints = typing.get_type_hints(vars(arguments)["__init__"], localns=words)
    parameters = inspect.signature(arguments).parameters
    return {
        f"{names[name]}{'!' if parameters[name].default is inspect.Parameter.empty else ''}": _shape(hints[name])
        for name in sorted(names)
    }


def _shape(hint: Any) -> Shape:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return _shape(next(one for one in arguments if one is not type(None)))
    if origin is Sequence:
        return [_shape(arguments[0])]
    if origin is Mapping:
        return "map"
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and _types.is_input_type(hint):
        return _block(hint)
    return "archive" if re.search(r"Archive|Asset", str(hint)) else "any"


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(describe([*aws.RESOURCES, *gcp.RESOURCES]), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
