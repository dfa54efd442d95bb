"""Puts every correction into ministack before the first request, and gathers what happens by itself."""

from typing import Any

from sandbox.aws import (
    clock as clocks,
    identities,
    quiet,
    requests,
    secrets_manager,
    seams,
    workers,
)
from sandbox.aws.account import Account
from sandbox.aws.clock import Clock
from sandbox.aws.timeline import Timeline


def install(account: Account, clock: Clock) -> Timeline:
    """Correct ministack for one account; the answer runs what falls due."""
    clocks.install(clock)
    quiet.install()
    requests.install()
    identities.install(account)
    workers.install(account, clock)
    rotations, sources = secrets_manager.install(clock)
    timeline = Timeline(clock, sources, list)
    rotations.wake = timeline.wake
    return timeline


def application() -> Any:
    """ministack's ASGI application."""
    return seams.original(seams.module("app"), "app")
