"""The account's time: real UTC time plus an offset, seen by every service except the check of request signatures.

SDKs sign with real time, so signatures are checked against real time. The offset shared by all accounts of a sandbox
is read once at start; from then on this account steps through its own events and keeps its own offset file, which its
Lambda functions read, because another account may still be days behind.
"""

import time
from datetime import UTC, datetime, tzinfo
from time import struct_time
from typing import Any, Self

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.patches.registry import SHIFTED, SHIFTED_DATES


class ShiftedTime:
    """Stands in for the module `time` in a service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        """As `time.time`."""
        return self._clock.now()

    def time_ns(self) -> int:
        """As `time.time_ns`."""
        return int(self._clock.now() * 1_000_000_000)

    def gmtime(self, seconds: float | None = None) -> struct_time:
        """As `time.gmtime`."""
        return time.gmtime(self._clock.now() if seconds is None else seconds)


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


def shifted_datetime(clock: Clock) -> type:
    """A class that stands in for `datetime.datetime` in a service."""

    class ShiftedDatetime(datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(clock.now(), tz)

        @classmethod
        def utcnow(cls) -> Self:
            return cls.fromtimestamp(clock.now(), UTC).replace(tzinfo=None)

    return ShiftedDatetime


def install(clock: Clock) -> None:
    """Give the services the sandbox's time."""
    shifted, dates = ShiftedTime(clock), shifted_datetime(clock)
    for name in SHIFTED:
        ministack.replace(name, "time", shifted)
    for name in SHIFTED_DATES:
        ministack.replace(name, "datetime", dates)
