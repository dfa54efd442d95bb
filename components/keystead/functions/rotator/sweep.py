"""The hourly sweep: ends overlaps, and reports late rotations, missing first values and those a person has to bring."""

import dataclasses
import datetime as dt
import logging
import math
from collections.abc import Callable, Mapping

from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.strategies import Rotator
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import events, logs
from keystead.functions.shared.errors import SweepFailedError
from keystead.functions.shared.faults import describe
from keystead.functions.shared.lateness import late_after
from keystead.functions.stores.store import ListedSecret, SecretState, SecretStore

RESERVE = 30.0
"""Seconds that have to be left before another secret is looked at; one takes less."""


@dataclasses.dataclass
class SweepReport:
    """How many secrets the sweep found in each condition."""

    looked: int = 0
    """Secrets whose labels were seen."""
    late: int = 0
    due: int = 0
    waiting: int = 0
    retired: int = 0
    failed: int = 0
    skipped: int = 0
    """Secrets that there was no time for."""


class Sweep:
    """Looks at every secret once; a failure with one secret does not stop the others.

    The store's list shows which secrets there is nothing to do for, so that a thousand take a few calls. A sweep that
    could look at none is not done: its alarm is raised by the failure, and by the absence of sweeps.
    """

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

    def run(self, now: dt.datetime, time_left: Callable[[], float] = lambda: math.inf) -> SweepReport:
        """Sweep, log what was found and return it; SweepFailedError at the end if any secret failed or was skipped.

        `time_left` returns the seconds until the function has to end.
        """
        report = SweepReport()
        listed = self._listed()
        for secret in self._order(now):
            if time_left() < RESERVE:
                report.skipped += 1
                continue
            try:
                self._visit(secret, now, report, listed.get(secret))
            except Exception as error:  # noqa: BLE001  # logged and counted; raised as one error below
                report.failed += 1
                logs.emit(events.SWEEP_FAILED, level=logging.ERROR, secret=secret, **describe(error))
        if report.looked or not self._secrets:
            logs.emit(events.SWEEP_DONE, **dataclasses.asdict(report))
        if report.failed or report.skipped:
            raise SweepFailedError(_summary(report, len(self._secrets)))
        return report

    def _listed(self) -> Mapping[str, ListedSecret]:
        """Return what the store lists; where it cannot be asked nothing, and each secret is looked at by itself."""
        try:
            return self._store.listed(self._secrets.keys())
        except Exception as error:  # noqa: BLE001  # logged; the sweep takes longer
            logs.emit(events.SECRETS_NOT_LISTED, level=logging.WARNING, **describe(error))
            return {}

    def _order(self, now: dt.datetime) -> list[str]:
        """Begin with another secret each hour, so that those which there was no time for come first some time."""
        names = sorted(self._secrets)
        first = int(now.timestamp()) // 3600 * (len(names) // 24 + 1) % len(names) if names else 0
        return [*names[first:], *names[:first]]

    def _visit(self, secret: str, now: dt.datetime, report: SweepReport, listed: ListedSecret | None) -> None:
        if listed is not None and self._settled(secret, listed, now):
            report.looked += 1
            if listed.state.current is None:
                self._wait(secret, report)
            if listed.untidy:
                self._tidy(secret)
            return
        try:
            self._tidy(secret)
            self._rotation.take_over(secret)
            if self._finishes and self._rotators[secret].unattended:
                self._finish(secret, now)
        finally:
            # A failure above, such as a follower that does not answer, must not hide that a rotation is late.
            # The labels first: a rotation that finishes in between then moves `since`, which only delays retirement.
            state = self._store.state(secret)
            since = self._store.current_since(secret)
            report.looked += 1
            if since is None:
                self._wait(secret, report)
            else:
                self._remind(secret, now - since, report)
        if since is not None and state.previous and now - since >= self._overlap(secret):
            self._rotation.retire(secret, state.previous)
            report.retired += 1
            logs.emit(events.VERSION_RETIRED, secret=secret, version=state.previous)

    def _settled(self, secret: str, listed: ListedSecret, now: dt.datetime) -> bool:
        """Return whether there is nothing to finish, to retire or to remind of, as the list has it."""
        state, unattended = listed.state, self._rotators[secret].unattended
        if self._secrets[secret].renamed_from and state.previous is None:
            return False
        if state.current is None:
            return not unattended
        if listed.since is None:
            return False
        age = now - listed.since
        if self._finishes and unattended and state.enabled and (state.unfinished or age >= self._missed_from(secret)):
            return False
        return age < self._limit(secret) and not (state.previous and age >= self._overlap(secret))

    def _limit(self, secret: str) -> dt.timedelta:
        """Return the age at which a value is late, or due by hand."""
        every = dt.timedelta(seconds=self._secrets[secret].every)
        return late_after(every) if self._rotators[secret].unattended else every

    def _overlap(self, secret: str) -> dt.timedelta:
        return dt.timedelta(seconds=self._secrets[secret].overlap)

    def _tidy(self, secret: str) -> None:
        self._store.align(secret)
        self._store.tidy(secret, unattended=self._rotators[secret].unattended)

    def _wait(self, secret: str, report: SweepReport) -> None:
        report.waiting += 1
        logs.emit(events.FIRST_VALUE_WAITING, secret=secret, rotator=self._secrets[secret].rotator)

    def _finish(self, secret: str, now: dt.datetime) -> None:
        state = self._store.state(secret)
        if not state.enabled:
            return
        due = self._secrets[secret].open_at(now) and (state.unfinished or self._missed(secret, state, now))
        if state.current is None or due:
            self._rotation.run(secret, f"sweep-{int(now.timestamp())}", now)

    def _missed(self, secret: str, state: SecretState, now: dt.datetime) -> bool:
        """Return whether a value is as old as it may be, since its message was held back or is planned for later.

        Without a window only while the rotation is not late yet: a value that a changed schedule makes too old at once
        is not rotated by that. An overlap is never cut short.
        """
        since = self._store.current_since(secret)
        if since is None or state.previous is not None:
            return False
        age, entry = now - since, self._secrets[secret]
        return age >= self._missed_from(secret) and (entry.window is not None or age < self._limit(secret))

    def _missed_from(self, secret: str) -> dt.timedelta:
        """Return the age from which a value is as old as it may be."""
        entry = self._secrets[secret]
        hours = 0 if entry.window is None else entry.window.hours
        return dt.timedelta(seconds=entry.every) - dt.timedelta(hours=hours)

    def _remind(self, secret: str, age: dt.timedelta, report: SweepReport) -> None:
        if age < self._limit(secret):
            return
        days = round(age.total_seconds() / 86400, 2)
        if self._rotators[secret].unattended:
            report.late += 1
            logs.emit(events.ROTATION_LATE, level=logging.ERROR, secret=secret, age_days=days)
        else:
            report.due += 1
            logs.emit(events.MANUAL_ROTATION_DUE, level=logging.WARNING, secret=secret, age_days=days)


def _summary(report: SweepReport, total: int) -> str:
    if not report.looked:
        return f"the sweep could look at none of {total} secrets; see the log"
    told = [f"failed for {report.failed} of {total} secrets"] if report.failed else []
    told += [f"had no time for {report.skipped} of {total} secrets"] if report.skipped else []
    return f"the sweep {' and '.join(told)}; see the log"
