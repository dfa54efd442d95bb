"""The account's time: real UTC time plus an offset, seen by every service except the check of request signatures.

SDKs sign with real time, so signatures are checked against real time. The offset shared by all accounts of a sandbox
is read once at start; from then on this account steps through its own events and keeps its own offset file, which its
Lambda functions read, because another account may still be days behind.
"""

import os
import threading
import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from time import struct_time
from typing import Any, Self

from sandbox.aws import seams

SHIFTED = (
    "services.secretsmanager",
    "services.kms",
    "services.cloudwatch",
    "services.cloudwatch_logs",
    "services.cloudtrail",
    "services.scheduler",
    "services.eventbridge",
    "services.sts",
    "services.iam",
    "services.lambda_svc",
    "core.iam_evaluator",
)


class Clock:
    """Seconds since 1970 in the sandbox; only ever moves forward."""

    def __init__(self, shared: Path, account: str) -> None:
        self.shared = shared
        self.file = shared.with_name(f"{shared.name}.{account}")
        self._offset = _read(shared)
        self._lock = threading.Lock()
        self._write(self.file)

    @property
    def offset(self) -> int:
        """Seconds this account is ahead of real time."""
        return self._offset

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._offset

    def move(self, offset: int) -> None:
        """Set the offset; smaller offsets than the present one are ignored."""
        with self._lock:
            if offset > self._offset:
                self._offset = offset
                self._write(self.file)

    def publish(self) -> None:
        """Write the offset to the file shared by the sandbox's accounts, unless it is further already."""
        if _read(self.shared) < self._offset:
            self._write(self.shared)

    def _write(self, file: Path) -> None:
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(f"{self._offset}\n")
        temporary.replace(file)


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
    """Give every service of `SHIFTED` the sandbox's time."""
    shifted, moment = ShiftedTime(clock), shifted_datetime(clock)
    for name in SHIFTED:
        service = seams.module(name)
        seams.replace(service, "time", shifted)
        if getattr(service, "datetime", None) is datetime:
            seams.replace(service, "datetime", moment)


def _read(file: Path) -> int:
    try:
        return int(file.read_text().strip() or 0)
    except FileNotFoundError:
        return 0
