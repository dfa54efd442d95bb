"""Tags and labels of a resource, with those that its provider adds."""

from collections.abc import Iterable

from keystead_policies.engine.resources.encoding import document
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values


def tags_of(resource: Resource) -> Values:
    """Tags or labels of a resource, those that its provider gives to all included."""
    own = resource.properties.table("tags" if resource.type.startswith("aws:") else "labels")
    given = document(resource.provider, "defaultTags").table("tags") or document(resource.provider, "defaultLabels")
    return Values({**dict(given), **dict(own)}, own.path)


def carries(resource: Resource, tags: Iterable[str]) -> bool:
    """Tell whether a resource has one of these tags or labels, written `name=value`."""
    own = tags_of(resource)
    return any(own.get(tag.partition("=")[0]) == tag.partition("=")[2] for tag in tags)


TIER_TAGS = ("keystead:tier", "keystead-tier")
"""Tag and label with the sensitivity of what a resource protects: low, standard, high or critical."""
