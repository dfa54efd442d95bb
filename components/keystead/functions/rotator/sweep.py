"""The hourly sweep: ends overlaps, and reports late rotations, missing first values and those a person has to bring."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Mapping

from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.strategies import Rotator
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import events, logs
from keystead.functions.shared.errors import SweepFailedError
from keystead.functions.shared.faults import describe
from keystead.functions.shared.lateness import late_after
from keystead.functions.stores.store import SecretState, SecretStore


@dataclasses.dataclass
class SweepReport:
    """How many secrets the sweep found in each condition."""

    late: int = 0
    due: int = 0
    waiting: int = 0
    retired: int = 0
    failed: int = 0


class Sweep:
    """Looks at every secret once; a failure with one secret does not stop the others."""

    def __init__(
        self,
        store: SecretStore,
        rotators: Mapping[str, Rotator],
        secrets: Mapping[str, SecretSettings],
        rotation: RotationWorkflow,
        *,
        finishes: bool = False,
    ) -> None:
        self._store = store
        self._rotators = rotators
        self._secrets = secrets
        self._rotation = rotation
        self._finishes = finishes
        """Whether the sweep makes missing values, finishes rotations and makes missed ones, for a store that only sends
        messages."""

    def run(self, now: dt.datetime) -> SweepReport:
        """Sweep, log what was found and return it; SweepFailedError at the end if any secret failed."""
        report = SweepReport()
        for secret in sorted(self._secrets):
            try:
                self._visit(secret, now, report)
            except Exception as error:  # noqa: BLE001  # logged and counted; raised as one error below
                report.failed += 1
                logs.emit(events.SWEEP_FAILED, level=logging.ERROR, secret=secret, **describe(error))
        logs.emit(events.SWEEP_DONE, **dataclasses.asdict(report))
        if report.failed:
            raise SweepFailedError(f"the sweep failed for {report.failed} of {len(self._secrets)} secrets; see the log")
        return report

    def _visit(self, secret: str, now: dt.datetime, report: SweepReport) -> None:
        try:
            self._maintain(secret, now)
        finally:
            # A failure above, such as a follower that does not answer, must not hide that a rotation is late.
            # The labels first: a rotation that finishes in between then moves `since`, which only delays retirement.
            state = self._store.state(secret)
            since = self._store.current_since(secret)
            if since is None:
                report.waiting += 1
                logs.emit(events.FIRST_VALUE_WAITING, secret=secret, rotator=self._secrets[secret].rotator)
            else:
                self._remind(secret, now - since, report)
        if since is not None and state.previous and now - since >= self._overlap(secret):
            self._rotation.retire(secret, state.previous)
            report.retired += 1
            logs.emit(events.VERSION_RETIRED, secret=secret, version=state.previous)

    def _overlap(self, secret: str) -> dt.timedelta:
        return dt.timedelta(seconds=self._secrets[secret].overlap)

    def _maintain(self, secret: str, now: dt.datetime) -> None:
        self._store.align(secret)
        self._store.tidy(secret, unattended=self._rotators[secret].unattended)
        if self._finishes:
            self._finish(secret, now)

    def _finish(self, secret: str, now: dt.datetime) -> None:
        state = self._store.state(secret)
        if not self._rotators[secret].unattended or not state.enabled:
            return
        due = self._secrets[secret].open_at(now) and (state.unfinished or self._missed(secret, state, now))
        if state.current is None or due:
            self._rotation.run(secret, f"sweep-{int(now.timestamp())}", now)

    def _missed(self, secret: str, state: SecretState, now: dt.datetime) -> bool:
        """Return whether a value is as old as it may be, since its message was held back or is planned for later.

        Without a window only while the rotation is not late yet: a value that a changed schedule makes too old at once
        is not rotated by that. An overlap is never cut short.
        """
        since, entry = self._store.current_since(secret), self._secrets[secret]
        if since is None or state.previous is not None:
            return False
        every, age = dt.timedelta(seconds=entry.every), now - since
        if entry.window is None:
            return every <= age < late_after(every)
        return age >= every - dt.timedelta(hours=entry.window.hours)

    def _remind(self, secret: str, age: dt.timedelta, report: SweepReport) -> None:
        every = dt.timedelta(seconds=self._secrets[secret].every)
        days = round(age.total_seconds() / 86400, 2)
        if not self._rotators[secret].unattended:
            if age >= every:
                report.due += 1
                logs.emit(events.MANUAL_ROTATION_DUE, level=logging.WARNING, secret=secret, age_days=days)
        elif age >= late_after(every):
            report.late += 1
            logs.emit(events.ROTATION_LATE, level=logging.ERROR, secret=secret, age_days=days)
