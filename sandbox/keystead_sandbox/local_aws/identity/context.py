"""What a service adds to the evaluation of requests about its resources: condition keys, ARNs, policies, grants.

A service registers itself in `SERVICES` when it is installed, so that nothing here knows a service.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Context = dict[str, Any]
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """The part of a service in the evaluation of a request."""

    keys: Callable[[str, Fields, str], Context]
    """The condition keys of a request: of its operation and its fields, about the resource with this ARN."""
    resource: Callable[[Fields], str | None]
    """The ARN of the resource that the fields of a request name; None when there is no such resource."""
    others: Callable[[str, Fields, str], list[str]] = lambda _action, _fields, _region: []
    """The ARNs of the other resources on which an action must be allowed too, in a region."""
    grants: Callable[[str, str, str, Context], bool] = lambda _action, _resource, _principal, _context: False
    """Whether an action on a resource is granted to a principal beside all policies."""


SERVICES: dict[str, ServiceContext] = {}


def text(context: Context) -> Context:
    """The values as IAM compares them."""
    return {name: _value(value) for name, value in context.items()}


def named(names: dict[str, str], fields: Fields) -> Context:
    """The condition keys of those fields that a request has."""
    return {key: fields[name] for name, key in names.items() if fields.get(name) is not None}


def tags(resource: Fields, prefix: str = "aws", *, key: str = "Key", value: str = "Value") -> Context:
    """The condition keys ResourceTag of a resource with a list of tags."""
    return {f"{prefix}:ResourceTag/{tag[key]}": tag[value] for tag in resource.get("Tags") or []}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
