"""Everything the cloud does beyond answering: what falls due on its clock, and what it tells the sandbox."""

from collections.abc import Callable, Iterable
from functools import partial

from keystead_sandbox.common.timeline import Due, Timeline
from keystead_sandbox.local_gcp import (
    access_levels,
    alert_policies,
    credentials,
    crypto,
    delivery,
    federation,
    functions,
    iam,
    incidents,
    keys,
    log_buckets,
    logging,
    objects,
    projects,
    pubsub,
    scheduler,
    secret_rotation,
    secrets,
    status,
    versions,
)
from keystead_sandbox.local_gcp.alerts import Alerts
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import Json

HANDLING = (
    access_levels,
    alert_policies,
    credentials,
    crypto,
    federation,
    functions,
    iam,
    incidents,
    keys,
    logging,
    objects,
    projects,
    pubsub,
    scheduler,
    secrets,
    versions,
)
"""Modules whose handlers are registered by their import."""


def timeline(cloud: Cloud, alerts: Alerts) -> Timeline:
    """What happens by itself."""
    log_buckets.make_defaults(cloud)
    cloud.logs.watchers.append(partial(logging.route, cloud))
    schedules = scheduler.Schedules(cloud)
    sources = (
        lambda span: keys.due(cloud, span),
        lambda span: versions.due(cloud, span),
        lambda span: secret_rotation.due(cloud, span),
        lambda span: delivery.due(cloud, span),
        lambda span: federation.due(cloud, span),
        lambda span: log_buckets.due(cloud, span),
        schedules.due,
    )

    def after_event() -> Iterable[Due]:
        functions.end_idle(cloud)
        return alerts.changes()

    return Timeline(cloud.clock, sources, after_event)


def questions(cloud: Cloud, alerts: Alerts) -> dict[str, Callable[[], Json]]:
    """What the control interface answers."""
    return {"status": partial(status.of, cloud), "incidents": alerts.document}


def commands(cloud: Cloud) -> dict[str, Callable[[Json], Json]]:
    """What the control interface can be told."""
    return {"faults": cloud.faults.command}
