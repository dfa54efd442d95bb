"""Labels that are not authoritative: the provider manages those it put there and leaves all others alone.

Source: tpgresource/labels.go and annotations.go of the official provider (read in magic-modules).
"""

from typing import Any

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.schema import Labels
from keystead_sandbox.pulumi_provider.gcp.sessions import ATTRIBUTION
from keystead_sandbox.pulumi_provider.values.scalars import has_unknown


def managed(context: Context, labels: Labels) -> dict[str, str]:
    """Return what the provider puts on the resource: its defaults, its attribution, what is declared."""
    own = dict(context.inputs.get(labels.property) or {})
    if not labels.managed:
        return own
    session = context.session
    key, value = ATTRIBUTION
    held = key in (context.state.get(labels.effective) or {})
    attributes = session.attributes and (held or session.proactively or not context.state)
    return {**session.default_labels, **({key: value} if attributes else {}), **own}


def wanted(context: Context, labels: Labels) -> dict[str, str]:
    """Return all labels the resource is to have: what others put there stays."""
    mine = managed(context, labels)
    before = context.state.get(labels.managed or labels.property) or {}
    others = {key: value for key, value in (context.state.get(labels.effective) or {}).items() if key not in before}
    return {**others, **mine}


def placed(context: Context) -> dict[str, dict[str, str]]:
    """Return the labels of a body."""
    return {labels.property: found for labels in context.schema.labels if (found := wanted(context, labels))}


def differences(context: Context) -> list[Difference]:
    """Compare labels with what is declared."""
    found = []
    for labels in context.schema.labels:
        own = context.inputs.get(labels.property) or {}
        if has_unknown(own):
            found += [Difference(name) for name in labels.names()]
            continue
        targets = {labels.property: own, labels.effective: wanted(context, labels)}
        if labels.managed:
            targets[labels.managed] = managed(context, labels)
        found += [Difference(name) for name, target in targets.items() if dict(context.state.get(name) or {}) != target]
    return found


def shown(context: Context, known: dict[str, Any]) -> dict[str, Any]:
    """Return the labels as the cloud has them: of the declared and managed keys, and all."""
    state: dict[str, Any] = {}
    for labels in context.schema.labels:
        every = dict(context.record.get(labels.property) or {})
        own = known.get(labels.property) or {}
        state[labels.property] = {key: every[key] for key in own if key in every} or None
        state[labels.effective] = every
        if labels.managed:
            keys = managed(context, labels) if context.inputs else known.get(labels.managed) or {}
            state[labels.managed] = {key: every[key] for key in keys if key in every}
    return state
