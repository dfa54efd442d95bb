"""Secret Manager on the clock: rotation messages and expiry. Google sends messages; nothing rotates by itself."""

from collections.abc import Iterator

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.methods import deadlines
from keystead_sandbox.local_gcp.secret_manager import notifications
from keystead_sandbox.local_gcp.secret_manager.secrets import SECRET
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Rotations and expiries whose time has come."""
    yield from deadlines.due(cloud, span, SECRET.key, "rotation.nextRotationTime", "rotation", _rotate)
    yield from deadlines.due(cloud, span, SECRET.key, "expireTime", "expiry", _expire)


def _rotate(cloud: Cloud, secret: Resource) -> str:
    sent = notifications.send(cloud, secret, "SECRET_ROTATE")
    rotation = secret.body.pop("rotation")
    if period := rotation.get("rotationPeriod"):
        following = timestamps.seconds(rotation["nextRotationTime"]) + timestamps.duration(period)
        secret.body["rotation"] = {**rotation, "nextRotationTime": timestamps.text(following)}
    return f"SECRET_ROTATE sent to {sent} topic(s)"


def _expire(cloud: Cloud, secret: Resource) -> str:
    cloud.store.remove(secret)
    cloud.policies.forget(secret.name)
    notifications.send(cloud, secret, "SECRET_DELETE", deleteType="EXPIRATION")
    return "expired"
