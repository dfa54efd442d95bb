"""What happens to resources at a time that one of their fields holds: rotations, expiries, destructions."""

from collections.abc import Callable, Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

Run = Callable[[Cloud, Resource], str]


def due(cloud: Cloud, span: Span, kind: str, field: str, event: str, run: Run) -> Iterator[Due]:
    """Events of the resources of a kind whose time, in a field such as `rotation.nextRotationTime`, has come.

    `run` is called under the cloud's lock, unless the resource was deleted or its time was changed meanwhile.
    """
    for resource in cloud.store.of_kind(kind):
        at = _time(resource, field)
        if at and timestamps.seconds(at) <= span.until:
            attempt = partial(_attempt, cloud, resource, field, at, run)
            yield Due(timestamps.seconds(at), event, resource.name, attempt)


def _attempt(cloud: Cloud, resource: Resource, field: str, at: str, run: Run) -> str:
    with cloud.lock:
        if not cloud.store.holds(resource) or _time(resource, field) != at:
            return "no longer due"
        return run(cloud, resource)


def _time(resource: Resource, field: str) -> str:
    return str(reach(resource.body, field) or reach(resource.hidden, field) or "")
