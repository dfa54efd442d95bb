"""What differs on AWS beside the properties: tags with the provider's default ones, and the region."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider import comparison
from keystead_sandbox.pulumi_provider.aws.resource import Resource
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.values import has_unknown


def differences(
    resource: Resource, state: Mapping[str, Any], inputs: Mapping[str, Any], region: str, tags: Mapping[str, str]
) -> list[Difference]:
    """Compare a state with inputs, as the official provider's schema would.

    `region` and `tags` are what the provider's configuration gives this resource.
    """
    found = comparison.differences(resource.properties, resource.kinds, state, inputs)
    if resource.tags:
        found += _tag_differences(state, inputs, tags)
    if resource.regional and state.get("region") and not has_unknown(region) and state["region"] != region:
        found.append(Difference("region", "update", replace=True))
    return found


def _tag_differences(state: Mapping[str, Any], inputs: Mapping[str, Any], tags: Mapping[str, str]) -> list[Difference]:
    old, new = state.get("tags") or {}, inputs.get("tags") or {}
    if has_unknown(new):
        return [Difference("tags", "update", replace=False), Difference("tagsAll", "update", replace=False)]
    found = []
    if old != new:
        kind = "add" if not old else "update" if new else "delete"
        found.append(Difference("tags", kind, replace=False))
    if dict(state.get("tagsAll") or {}) != {**tags, **new}:
        found.append(Difference("tagsAll", "update", replace=False))
    return found
