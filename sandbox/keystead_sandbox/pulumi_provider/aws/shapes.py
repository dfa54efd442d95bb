"""Value kinds from the botocore service models in the shape of the official SDK, so that the table repeats none."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model

from keystead_sandbox.pulumi_provider.official import Block, Shape
from keystead_sandbox.pulumi_provider.schema import Fields, Nested, below
from keystead_sandbox.pulumi_provider.values.containers import Listing, Texts
from keystead_sandbox.pulumi_provider.values.scalars import Flag, Number, Text, Timestamp, Value
from keystead_sandbox.pulumi_provider.values.structures import Field, Only, Structure

LOADER = botocore.loaders.create_loader()
"""One loader for the whole process: it keeps every model it read, for all stacks."""
_SIMPLE: Mapping[str, Value] = {"map": Texts(), "boolean": Flag(), "timestamp": Timestamp()}
_SCALARS = frozenset({"map", "boolean", "timestamp", "integer", "long", "double", "float", "string"})


@cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Load one service model, once."""
    return botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)


def input_members(service: str, operation: str) -> Mapping[str, Any]:
    """Return the members of an operation's input, by AWS's name."""
    shape = service_model(service).operation_model(operation).input_shape
    return shape.members if shape else {}


def member_like(name: str, members: Mapping[str, Any]) -> str:
    """Return the member of a property's name, whatever its case; empty where there is none."""
    return next((member for member in members if member.lower() == name.lower()), "")


def kind_of(model: Any, shape: Shape, nested: Fields) -> Value:
    """Return the kind of value that a shape of the service model takes, in the shape of the official SDK."""
    name, limits = model.type_name, model.metadata
    if name == "structure" and isinstance(shape, list):  # the official provider shows a list of at most one
        return Only(_structure(model, shape[0], nested))
    if isinstance(shape, dict):  # where AWS keeps a list, the official provider shows its one object
        single = name == "list"
        return replace(_structure(model.member if single else model, shape, nested), single=single)
    if name == "list":
        return Listing(
            kind_of(model.member, shape[0], nested),
            unordered=nested.get("", Nested()).unordered,
            most=limits.get("max"),
        )
    if name in {"integer", "long", "double", "float"}:
        return Number(whole=name in {"integer", "long"}, least=limits.get("min"), most=limits.get("max"))
    if name in _SIMPLE:
        return _SIMPLE[name]
    return Text(tuple(getattr(model, "enum", ())), least=limits.get("min", 0), most=limits.get("max"))


def _structure(model: Any, shape: Shape, nested: Fields) -> Structure:
    """Return a block; a field that the service model does not have, or has in another form, is not served."""
    block, fields = Block.of(shape), dict[str, Field]()
    for name, inner in block.fields.items():
        entry = nested.get(name, Nested())
        member = entry.member or member_like(name, model.members)
        if member and (entry.kind or isinstance(inner, str) == (model.members[member].type_name in _SCALARS)):
            kind = entry.kind or kind_of(model.members[member], inner, below(nested, name))
            fields[name] = Field(member, kind, name in block.required, entry.computed, entry.default)
    return Structure(fields)
