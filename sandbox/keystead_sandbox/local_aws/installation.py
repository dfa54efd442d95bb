"""Installs all patches before the first request, and collects the events that the clock triggers."""

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Timeline
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.functions import asynchronous, execution_roles, schedules, workers
from keystead_sandbox.local_aws.identity import conditions, enforcement, iam, propagation, quotas
from keystead_sandbox.local_aws.kms import service as kms
from keystead_sandbox.local_aws.monitoring import alarms, log_keys, log_metrics, query_protocol
from keystead_sandbox.local_aws.monitoring.trail import Trail
from keystead_sandbox.local_aws.patches import ministack, shifted_time
from keystead_sandbox.local_aws.protocol import throttling
from keystead_sandbox.local_aws.secrets_manager import service as secrets_manager


def install(account: Account, clock: Clock, trail: Trail) -> Timeline:
    """Patch ministack for one account; the timeline runs what falls due."""
    ministack.check()
    shifted_time.install(clock)
    iam.install(account)
    conditions.install(clock)
    enforcement.install()
    quotas.install()
    propagation.install(clock, late=account.strict)
    execution_roles.install()
    trail.install()
    workers.install(account, clock)
    log_metrics.install()
    log_keys.install()
    rotations, secret_events = secrets_manager.install(clock)
    key_events = kms.install(clock)
    invocations = asynchronous.install(clock)
    scheduled = schedules.install(clock, invocations.add)
    metric_alarms = alarms.install(clock, scheduled.covered_until)
    query_protocol.install()
    sources = (*secret_events, key_events, invocations.due, scheduled.due, metric_alarms.due)
    throttling.install(clock, strict=account.strict)
    timeline = Timeline(clock, sources, metric_alarms.changed)
    rotations.wake = invocations.wake = timeline.wake
    return timeline
