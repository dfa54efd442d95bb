"""Writes one value into Secret Manager, under the labels that the rotator and the readers go by."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from keystead.functions.shared.clock import now
from keystead.functions.shared.errors import LabelMovedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.gcp_labels import CURRENT, PENDING, PREVIOUS, GcpLabels
from keystead.operations.gcp.failures import Refusal, explained
from keystead.operations.gcp.rotation import labels_now
from keystead.operations.gcp.secret_manager import SecretManager
from keystead.operations.gcp.session import open_session
from keystead.spec.environment import EnvironmentSpec

PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to change labels that somebody else changes too, or that Google shows late."""
CHANGED = ("FAILED_PRECONDITION", "ABORTED")
"""What Secret Manager answers to an etag that is not the secret's any more."""


class GcpValueStore:
    """One secret of one environment, open for writing; nothing is written before the project was checked."""

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        self._spec = spec
        self._name = name
        self._path = spec.scope("gcp").secret_path(name)
        self._session = open_session(spec)
        self._secrets = SecretManager(self._session.access)
        self._displaces = False

    def require(self) -> None:
        """Refuse a secret that is not deployed."""
        self._displaces = PREVIOUS in labels_now(self._session, self._spec, self._name).numbers

    def displaces(self) -> bool:
        """Return whether a value was labelled previous when the secret was looked at."""
        return self._displaces

    def write(self, value: Sensitive, token: str) -> str:
        """Make `value` the current one, keep the one before it as previous, and return the new version's number."""
        self.stage(value, token)
        return self.finish(token)

    def stage(self, value: Sensitive, token: str) -> None:
        """Add the value under the pending label, where no reader looks."""
        with self._explained("secretmanager.versions.add"):
            number = self._secrets.add(self._path, value)
        self._label(lambda labels: labels.written(token, number))

    def finish(self, token: str) -> str:
        """Make the staged value the current one, keep the one before it as previous, and return its number."""

        def move(labels: GcpLabels) -> GcpLabels:
            if labels.number(token) is None:
                raise LabelMovedError(f"{self._path}: the new version has lost its labels")
            return labels.moved(token, labels.bearer(CURRENT), now())

        return self._label(move).numbers[CURRENT]

    def undo(self, token: str) -> None:
        """Take a staged value out of reach again; the rotator's sweep destroys what is disabled and has no label."""
        with self._explained("secretmanager.secrets.get"):
            number = self._secrets.labels(self._path)[0].number(token)
        if number is None:
            return
        self._label(lambda labels: labels.without(PENDING, token))
        with self._explained("secretmanager.versions.disable"):
            self._secrets.disable(self._path, number)

    def _label(self, change: Callable[[GcpLabels], GcpLabels]) -> GcpLabels:
        """Change the labels as they are now; return what they are afterwards."""
        with self._explained("secretmanager.secrets.update"):
            for pause in (*PAUSES, None):
                before, etag = self._secrets.labels(self._path)
                after = change(before)
                try:
                    self._secrets.label(self._path, after, etag)
                except Refusal as refusal:
                    if refusal.status not in CHANGED or pause is None:
                        raise
                    time.sleep(pause)
                else:
                    return after
        raise AssertionError("unreachable")

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        with explained(self._spec, action, "administrator"):
            yield
