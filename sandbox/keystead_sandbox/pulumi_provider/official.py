"""The resource types of the tables as the official SDKs have them, kept in official.json.

Importing the SDKs takes seconds, so `python -m keystead_sandbox.pulumi_provider.official` writes down what is needed
of them, and a test compares the file with the installed SDKs. A shape is the name of a scalar (`string`, `integer`,
`number`, `boolean`), `map`, `archive` or `any`; a list with the shape of its items; or a block, whose fields end with
an exclamation mark where they are required.
"""

import importlib
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
from pulumi import _types

from keystead_sandbox.pulumi_provider.values.archives import Archive
from keystead_sandbox.pulumi_provider.values.containers import Listing, Texts
from keystead_sandbox.pulumi_provider.values.scalars import Flag, Number, Text, Value

_KINDS: Mapping[str, Value] = {
    "string": Text(),
    "integer": Number(),
    "number": Number(whole=False),
    "boolean": Flag(),
    "map": Texts(),
    "archive": Archive(),
    "any": Value(),
}
FILE = Path(__file__).with_suffix(".json")
Shape = Any
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Block:
    """The fields of a block or of a whole resource, and which of them are required."""

    fields: Mapping[str, Shape]
    required: frozenset[str]

    @classmethod
    def of(cls, shape: Mapping[str, Shape]) -> "Block":
        """Take the marks of required fields off their names."""
        required = frozenset(name[:-1] for name in shape if name.endswith("!"))
        return cls({name.removesuffix("!"): inner for name, inner in shape.items()}, required)


def kind_of(shape: Shape) -> Value:
    """Return the kind of a value of which only the official SDK knows."""
    return Listing(kind_of(shape[0])) if isinstance(shape, list) else _KINDS[shape]


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


@cache
def inputs(type_name: str) -> Block:
    """Return what may be declared of a resource."""
    return Block.of(_document()["resources"][type_name]["inputs"])


def outputs(type_name: str) -> frozenset[str]:
    """Return what a resource shows, inputs included."""
    return frozenset(_document()["resources"][type_name]["outputs"])


def settings(package: str) -> frozenset[str]:
    """Return the provider's own settings, without those that only move an endpoint."""
    return frozenset(_document()["settings"][package])


def describe(type_names: Iterable[str]) -> dict[str, Any]:
    """Return what official.json has to hold for these types, from the installed SDKs."""
    resources = {}
    for type_name in sorted(type_names):
        package, module, class_name = type_name.split(":")
        folder = {"lambda": "lambda_"}.get(module.partition("/")[0], module.partition("/")[0])
        sdk = importlib.import_module(f"pulumi_{package}.{folder}")
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
    """Write official.json anew."""
    from keystead_sandbox.pulumi_provider.aws import table as aws  # noqa: PLC0415 - tables are read from the file
    from keystead_sandbox.pulumi_provider.gcp import table as gcp  # noqa: PLC0415 - as above

    FILE.write_text(json.dumps(describe([*aws.RESOURCES, *gcp.RESOURCES]), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
