"""Puts one local GCP together: its services, what falls due on its clock, and its control interface."""

from collections.abc import Callable, Iterable
from functools import partial

from keystead_sandbox.common.timeline import Due, Timeline
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.functions import functions
from keystead_sandbox.local_gcp.iam import (
    access_levels,
    allow_policies,
    credentials,
    custom_roles,
    service_accounts,
    workload_identity,
)
from keystead_sandbox.local_gcp.kms import cryptography, keys
from keystead_sandbox.local_gcp.logging import entries, log_buckets, metrics, sinks
from keystead_sandbox.local_gcp.methods import operations
from keystead_sandbox.local_gcp.monitoring import alert_policies, incidents
from keystead_sandbox.local_gcp.monitoring.evaluation import Evaluation
from keystead_sandbox.local_gcp.projects import projects, services
from keystead_sandbox.local_gcp.pubsub import delivery, subscriptions, topics
from keystead_sandbox.local_gcp.scheduler import jobs
from keystead_sandbox.local_gcp.secret_manager import rotation, secrets, versions
from keystead_sandbox.local_gcp.serving import status
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.storage import buckets, objects

HANDLING = (
    *(access_levels, allow_policies, credentials, custom_roles, service_accounts, workload_identity),
    *(cryptography, keys, secrets, versions, topics, subscriptions, functions, jobs, buckets, objects),
    *(entries, log_buckets, metrics, sinks, alert_policies, incidents, projects, services, operations),
)
"""Modules whose handlers are registered by their import."""
TIMED = (keys, versions, rotation, delivery, workload_identity, log_buckets, jobs)
"""Modules whose function `due` gives the events of their services."""


def timeline(cloud: Cloud, evaluation: Evaluation) -> Timeline:
    """The events of all services, and of incidents after each of them."""
    log_buckets.make_defaults(cloud)
    cloud.logs.watchers += [partial(metrics.count, cloud), partial(sinks.route, cloud)]

    def after_event() -> Iterable[Due]:
        functions.end_idle(cloud)
        return evaluation.changes()

    return Timeline(cloud.clock, [partial(module.due, cloud) for module in TIMED], after_event)


def questions(cloud: Cloud) -> dict[str, Callable[[], Json]]:
    """What the control interface answers."""
    return {"status": partial(status.of, cloud), "incidents": partial(status.incidents, cloud)}


def commands(cloud: Cloud) -> dict[str, Callable[[Json], Json]]:
    """What the control interface can be asked to do."""
    return {"faults": cloud.faults.command}
