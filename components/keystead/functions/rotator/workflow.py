"""The rotation workflow, the same on every cloud: create, apply, verify, finish and, after the overlap, retire.

Every step can be repeated, can run twice at once and can be killed at any point: the current value stays valid and
readable, and the next attempt completes the rotation. What the store holds enforces the order: a step finds the pending
value that the step before it left, or refuses.
"""

import contextlib
import datetime as dt
import enum
import time
from collections.abc import Callable, Mapping

from keystead.functions.rotator.renaming import Renaming
from keystead.functions.rotator.strategies import Rotator
from keystead.functions.shared.errors import (
    LabelMovedError,
    OutOfOrderError,
    RefusedError,
    StaleTokenError,
    VerificationError,
)
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read, SecretState, SecretStore

_PAUSES = (0.2, 1.0, 3.0)
"""Seconds to wait before looking again at a rotation that another call is working on; one attempt per entry."""


class RotationStep(enum.StrEnum):
    """The steps of one rotation, in order."""

    CREATE = "create"
    APPLY = "apply"
    VERIFY = "verify"
    FINISH = "finish"


class RotationWorkflow:
    """Rotates the secrets of one environment in one store."""

    def __init__(
        self,
        store: SecretStore,
        rotators: Mapping[str, Rotator],
        pause: Callable[[float], None] = time.sleep,
        renaming: Renaming | None = None,
    ) -> None:
        self._store = store
        self._pause = pause
        self._rotators = rotators
        self._renaming = renaming or Renaming(store, {})
        self._steps: Mapping[RotationStep, Callable[[str, str, SecretState], None]] = {
            RotationStep.CREATE: self._create,
            RotationStep.APPLY: self._apply,
            RotationStep.VERIFY: self._verify,
            RotationStep.FINISH: self._finish,
        }

    def step(self, step: RotationStep, secret: str, token: str) -> None:
        """Take one step of the rotation that the store has started under `token`; a finished one stays as it is."""
        state = self._open(secret)
        if token == state.current and token != state.pending:
            return
        if token not in state.versions:
            raise StaleTokenError(f"{secret}: version {token} is unknown; start a rotation first")
        if token != state.pending:
            raise StaleTokenError(f"{secret}: version {token} is not pending; another rotation took its place")
        if step is RotationStep.VERIFY and self._store.read(secret, token) is None:
            # Secrets Manager tests a changed schedule by this step alone, with a version that never gets a value
            # (API reference, RotateSecret, RotateImmediately). Finishing verifies once more. A secret that has no value
            # at all, since the `up` that should have rotated it was cut off, gets its first one here.
            if state.current is None:
                self._make(secret, token, state)
            return
        self._steps[step](secret, token, state)

    def run(self, secret: str, token: str, asked: dt.datetime) -> str | None:
        """Take all steps of the rotation requested at `asked`, for a store that only sends a reminder.

        Return the token that became current; None where the request was served already: its version is in use, or the
        current version became current after the request. A rotation that an earlier call left unfinished is finished
        instead of starting another, and one that another call is working on is joined.
        """
        for pause in _PAUSES:
            state, since = self._open(secret), self._store.current_since(secret)
            if token in (state.current, state.previous) or (since is not None and asked <= since):
                return None
            chosen = state.unfinished or token
            if chosen in state.versions and chosen != state.pending:
                raise StaleTokenError(f"{secret}: version {token} was superseded")
            try:
                self._make(secret, chosen, state)
                return chosen
            except StaleTokenError as error:
                overtaken = error
                self._pause(pause)
        raise overtaken

    def take_over(self, secret: str) -> None:
        """Give a renamed secret its old name's values where no rotation does: a person's, or one left half done."""
        token = self._renaming.token(secret)
        if token is None:
            return
        state = self._store.state(secret)
        if state.current == token or not self._renaming.under_way(secret, token, state):
            return
        if state.current is not None or not self._rotators[secret].unattended:
            self._create(secret, token, state)
            if self._store.state(secret).current != token:
                self._store.promote(secret, token, self._store.state(secret).current)

    def retire(self, secret: str, version: str) -> None:
        """End the overlap once every store has the new value: the service refuses the old one, then readers lose it."""
        self._store.align(secret)
        self._rotators[secret].retire(self._reader(secret, version))
        self._store.retire(secret, version)

    def _make(self, secret: str, token: str, state: SecretState) -> None:
        self._create(secret, token, state)
        for step in (RotationStep.APPLY, RotationStep.VERIFY, RotationStep.FINISH):
            self.step(step, secret, token)

    def _open(self, secret: str) -> SecretState:
        if secret not in self._rotators:
            raise RefusedError(f"{secret}: this rotator was not deployed for it")
        state = self._store.state(secret)
        if not state.enabled:
            raise RefusedError(f"{secret}: rotation is switched off; switch it on and rotate again")
        return state

    def _create(self, secret: str, token: str, state: SecretState) -> None:
        rotator = self._rotators[secret]
        held = self._store.read(secret, token)
        taken_over = self._renaming.under_way(secret, token, state)
        if held is not None and (taken_over or rotator.fits(held)):
            return
        if held is not None:
            self._store.discard(secret, token)
            raise StaleTokenError(f"{secret}: the pending value no longer fits its settings, so it was dropped")
        if taken_over:
            self._copy(secret, token, state)
            return
        value = rotator.create(self._reader(secret, state.current))
        try:
            kept = not self._store.write(secret, token, value, state)
        except LabelMovedError:
            rotator.abandon(value)
            raise StaleTokenError(f"{secret}: another rotation took the place of version {token}") from None
        except Exception:
            self._take_back(secret, token, value)
            raise
        if kept:
            rotator.abandon(value)

    def _copy(self, secret: str, token: str, state: SecretState) -> None:
        value = self._renaming.value(secret, state)
        if value is None:
            raise OutOfOrderError(f"{secret}: the secret it was renamed from has no current value that can be read")
        try:
            self._store.write(secret, token, value, self._store.state(secret))
        except LabelMovedError:
            raise StaleTokenError(f"{secret}: another rotation took the place of version {token}") from None

    def _take_back(self, secret: str, token: str, value: Sensitive) -> None:
        """Abandon a value that could not be written, unless the store has it after all or cannot be asked."""
        with contextlib.suppress(Exception):
            if self._store.read(secret, token) != value:
                self._rotators[secret].abandon(value)

    def _apply(self, secret: str, token: str, state: SecretState) -> None:
        pending = self._pending(secret, token)
        if self._renaming.under_way(secret, token, state):
            return
        self._rotators[secret].apply(pending, self._reader(secret, state.current))

    def _verify(self, secret: str, token: str, state: SecretState) -> None:
        pending = self._pending(secret, token)
        if state.current != token and pending == self._reader(secret, state.current)():
            raise VerificationError(f"{secret}: the pending value equals the current one")
        if self._renaming.under_way(secret, token, state):
            return
        self._rotators[secret].verify(pending)

    def _finish(self, secret: str, token: str, state: SecretState) -> None:
        """Verify once more, so that a finish out of order cannot promote what does not work, then move the label."""
        if token == state.current:
            return
        self._verify(secret, token, state)
        # A store keeps one previous version: the one that the promotion displaces would stay valid at its service.
        if state.previous not in (None, token):
            self.retire(secret, str(state.previous))
        try:
            self._store.promote(secret, token, state.current)
        except LabelMovedError:
            if self._store.state(secret).current != token:
                raise StaleTokenError(f"{secret}: another rotation finished before version {token}") from None

    def _pending(self, secret: str, token: str) -> Sensitive:
        value = self._store.read(secret, token)
        if value is None:
            raise OutOfOrderError(f"{secret}: version {token} has no value yet; the create step comes first")
        return value

    def _reader(self, secret: str, version: str | None) -> Read:
        return lambda: None if version is None else self._store.read(secret, version)
