"""Value kinds taken from the botocore service models, so that the table repeats none of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
from botocore import xform_name

from keystead_sandbox.pulumi_provider.containers import Listing, Texts
from keystead_sandbox.pulumi_provider.structures import Field, Only, Structure
from keystead_sandbox.pulumi_provider.values import Flag, Moment, Number, Text, Value

LOADER = botocore.loaders.create_loader()
"""One loader for the whole process: it keeps every model it read, for all stacks."""


@dataclass(frozen=True)
class Hints:
    """What the official provider's schema says differently from the service model, by nested name.

    `renames` maps AWS's member to Pulumi's name, `kinds` replaces a kind, `computed` are fields the cloud fills in,
    `defaults` what the cloud uses when a field is absent, `required` the fields that must be given (None: as AWS says).
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Value] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] | None = None
    single: bool = False
    only: bool = False
    unordered: bool = False


@cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Load one service model, once."""
    return botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)


def input_members(service: str, operation: str) -> Mapping[str, Any]:
    """Return the members of an operation's input, by AWS's name."""
    shape = service_model(service).operation_model(operation).input_shape
    return shape.members if shape else {}


def kind_of(shape: Any, hints: Hints) -> Value:
    """Return the kind of value that a shape of the service model takes."""
    name, limits = shape.type_name, shape.metadata
    if name == "structure":
        return Only(_structure(shape, replace(hints, only=False))) if hints.only else _structure(shape, hints)
    if name == "list":
        if hints.single:
            return replace(_structure(shape.member, hints), single=True)
        return Listing(kind_of(shape.member, hints), unordered=hints.unordered, most=limits.get("max"))
    if name in {"integer", "long", "double", "float"}:
        return Number(whole=name in {"integer", "long"}, least=limits.get("min"), most=limits.get("max"))
    if name in _SIMPLE:
        return _SIMPLE[name]
    return Text(tuple(getattr(shape, "enum", ())), least=limits.get("min", 0), most=limits.get("max"))


_SIMPLE: Mapping[str, Value] = {"map": Texts(), "boolean": Flag(), "timestamp": Moment()}


def _structure(shape: Any, hints: Hints) -> Structure:
    fields: dict[str, Field] = {}
    for member, inner in shape.members.items():
        name = hints.renames.get(member, camel(member))
        required = member in shape.required_members if hints.required is None else name in hints.required
        kind = hints.kinds.get(name) or kind_of(inner, replace(hints, single=False, only=False, required=None))
        fields[name] = Field(member, kind, required, name in hints.computed, hints.defaults.get(name))
    return Structure(fields)


def camel(member: str) -> str:
    """Write AWS's member name as Pulumi does: RotationLambdaARN becomes rotationLambdaArn."""
    return re.sub(r"_([a-z0-9])", lambda match: match.group(1).upper(), xform_name(member))
