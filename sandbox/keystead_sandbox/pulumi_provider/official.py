"""The resource types of the tables as the official SDKs have them, kept in official.json: see sdk_description.py.

A shape is the name of a scalar (`string`, `integer`, `number`, `boolean`), `map`, `archive` or `any`; a list with the
shape of its items; or a block, whose fields end with an exclamation mark where they are required.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from pathlib import Path
from typing import Any

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


def module(type_name: str) -> str:
    """Return the module of the official SDK that has a type: `pulumi_aws.kms` for `aws:kms/key:Key`."""
    package, name, _ = type_name.split(":")
    folder = name.partition("/")[0]
    return f"pulumi_{package}.{folder}{'_' if iskeyword(folder) else ''}"


def modules(package: str) -> list[str]:
    """Return the modules of a cloud's official SDK that have the types of the tables."""
    return sorted({module(name) for name in _document()["resources"] if name.startswith(f"{package}:")})
