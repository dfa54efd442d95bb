"""Puts every correction into ministack before the first request, and gathers what happens by itself."""

from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Timeline
from keystead_sandbox.local_aws import (
    alarms,
    asynchronous,
    conditions,
    enforcement,
    identities,
    kms,
    log_keys,
    log_metrics,
    mfa,
    quiet,
    requests,
    schedules,
    seams,
    secrets_manager,
    trail,
    workers,
)
from keystead_sandbox.local_aws import clock as clocks
from keystead_sandbox.local_aws.account import Account


def install(account: Account, clock: Clock) -> Timeline:
    """Correct ministack for one account; the answer runs what falls due."""
    seams.check()
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
    return seams.original(seams.module("app"), "app")
