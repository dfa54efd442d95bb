"""Gives a secret that was renamed the values of the secret under its old name, within one store.

The old name's previous value comes first and becomes current, so that the current one displaces it as any rotation
would: both keep their labels. Nothing is made, told to a service or revoked: the values are in use already.
"""

import hashlib
from collections.abc import Mapping

from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import SecretState, SecretStore


class Renaming:
    """Reads the old name of each secret in `renamed`, new name to old, and of no other."""

    def __init__(self, store: SecretStore, renamed: Mapping[str, str]) -> None:
        self._store = store
        self._renamed = renamed

    def under_way(self, secret: str, token: str, state: SecretState) -> bool:
        """Return whether the version under the token is the one that takes over the old name's current value."""
        old = self._renamed.get(secret)
        begun = state.previous is None and state.current in (None, previous_token(old or ""))
        if old is None or not (begun or state.current == token):
            return False
        return self._store.state(old).current is not None

    def value(self, secret: str, state: SecretState) -> Sensitive | None:
        """Return the old name's current value, once its previous one has been handed over."""
        old = self._renamed[secret]
        labels = self._store.state(old)
        if state.current is None and labels.previous is not None:
            previous = self._store.read(old, labels.previous)
            if previous is not None:
                self._store.seed(secret, previous_token(old), previous)
        return None if labels.current is None else self._store.read(old, labels.current)

    def token(self, secret: str) -> str | None:
        """Return the token for a value that no rotation brings; None where the secret was not renamed."""
        old = self._renamed.get(secret)
        return None if old is None else _token("renamed", old)


def previous_token(old: str) -> str:
    """Return the token of the previous value of the secret under its old name."""
    return _token("renamed-previous", old)


def _token(kind: str, old: str) -> str:
    return f"{kind}-{hashlib.sha256(old.encode()).hexdigest()[:40]}"
