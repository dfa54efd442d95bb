"""Secret Manager on the clock: rotation messages and expiry. Google sends messages; nothing rotates by itself."""

from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp import moments, notifications
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.resources import Resource


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Rotations and expiries whose time has come."""
    for secret in cloud.store.of_kind("secretmanager.secrets"):
        at = (secret.body.get("rotation") or {}).get("nextRotationTime")
        if at and moments.seconds(at) <= span.until:
            yield Due(moments.seconds(at), "rotation", secret.name, partial(_rotate, cloud, secret, at))
        end = secret.body.get("expireTime")
        if end and moments.seconds(end) <= span.until:
            yield Due(moments.seconds(end), "expiry", secret.name, partial(_expire, cloud, secret, end))


def _rotate(cloud: Cloud, secret: Resource, at: str) -> str:
    with cloud.lock:
        rotation = secret.body.get("rotation") or {}
        if rotation.get("nextRotationTime") != at or cloud.store.find(secret.name) is not secret:
            return "no longer due"
        sent = notifications.send(cloud, secret, "SECRET_ROTATE")
        period = rotation.get("rotationPeriod")
        if period:
            following = moments.seconds(at) + moments.duration(period)
            secret.body["rotation"] = {**rotation, "nextRotationTime": moments.text(following)}
        else:
            secret.body.pop("rotation")
        return f"SECRET_ROTATE sent to {sent} topic(s)"


def _expire(cloud: Cloud, secret: Resource, at: str) -> str:
    with cloud.lock:
        if secret.body.get("expireTime") != at or cloud.store.find(secret.name) is not secret:
            return "no longer due"
        cloud.store.remove(secret)
        cloud.policies.forget(secret.name)
        notifications.send(cloud, secret, "SECRET_DELETE", deleteType="EXPIRATION")
        return "expired"
