"""Puts every correction into ministack before the first request, and gathers what happens by itself."""

from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Timeline
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.functions import asynchronous, schedules, workers
from keystead_sandbox.local_aws.identity import conditions, enforcement, mfa, requests
from keystead_sandbox.local_aws.identity import deployer as identities
from keystead_sandbox.local_aws.kms import keys as kms
from keystead_sandbox.local_aws.monitoring import alarms, log_keys, log_metrics, trail
from keystead_sandbox.local_aws.patches import ministack, quiet
from keystead_sandbox.local_aws.patches import shifted_time as clocks
from keystead_sandbox.local_aws.secrets_manager import service as secrets_manager


def install(account: Account, clock: Clock) -> Timeline:
    """Correct ministack for one account; the answer runs what falls due."""
    ministack.check()
    clocks.install(clock)
    quiet.install()
    trail.install()
    requests.install()
    identities.install(account)
    conditions.install(clock)
    enforcement.install()
    mfa.install()
    workers.install(account, clock)
    log_metrics.install()
    log_keys.install()
    rotations, secret_events = secrets_manager.install(clock)
    key_events = kms.install(clock)
    invocations = asynchronous.install(clock)
    timetable = schedules.install(clock, invocations.add)
    bells = alarms.install(clock, timetable.skipped)
    sources = (*secret_events, key_events, invocations.due, timetable.due, bells.due)
    timeline = Timeline(clock, sources, bells.changed)
    rotations.wake = invocations.wake = timeline.wake
    return timeline


def application() -> Any:
    """The ASGI application of ministack."""
    return ministack.original(ministack.module("app"), "app")
