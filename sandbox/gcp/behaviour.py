"""Everything the clouds does beyond answering: what falls due on its clock, and what it tells the sandbox."""

from collections.abc import Callable

from sandbox.gcp import credentials, crypto, iam, keys, projects, secret_rotation, secrets, versions
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.errors import Json
from sandbox.timeline import Timeline

HANDLING = (credentials, crypto, iam, keys, projects, secrets, versions)
"""Modules whose handlers are registered by their import."""


def timeline(cloud: Cloud) -> Timeline:
    """What happens by itself."""
    sources = (
        lambda span: keys.due(cloud, span),
        lambda span: versions.due(cloud, span),
        lambda span: secret_rotation.due(cloud, span),
    )
    return Timeline(cloud.clock, sources, lambda: ())


def questions(cloud: Cloud) -> dict[str, Callable[[], Json]]:
    """What the control interface answers."""
    return {"status": cloud.status}
