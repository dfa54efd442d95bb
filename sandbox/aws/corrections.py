"""Puts every correction into ministack before the first request, and gathers what happens by itself."""

from typing import Any

from sandbox.aws import clock as clocks
from sandbox.aws import conditions, enforcement, identities, kms, mfa, quiet, requests, seams, secrets_manager, workers
from sandbox.aws.account import Account
from sandbox.aws.clock import Clock
from sandbox.aws.timeline import Timeline


def install(account: Account, clock: Clock) -> Timeline:
    """Correct ministack for one account; the answer runs what falls due."""
    clocks.install(clock)
    quiet.install()
    requests.install()
    identities.install(account)
    conditions.install(clock)
    enforcement.install()
    mfa.install()
    workers.install(account, clock)
    rotations, secret_events = secrets_manager.install(clock)
    key_events = kms.install(clock)
    timeline = Timeline(clock, [*secret_events, key_events], list)
    rotations.wake = timeline.wake
    return timeline


def application() -> Any:
    """ministack's ASGI application."""
    return seams.original(seams.module("app"), "app")
