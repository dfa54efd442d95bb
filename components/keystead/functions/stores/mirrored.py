"""Mirrored secrets: one store is the leader, the other its follower, and one rotation gives both the same value.

The leader's labels decide. A new value is put to use only after both stores hold it; the follower is promoted first,
the leader last; a previous value is retired only after both stores have a newer current one, in the leader last. So an
attempt that is killed at any point leaves working values in both stores, and the next attempt makes them equal.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Protocol

from keystead.functions.shared import clock
from keystead.functions.shared.errors import ApiError, LabelMovedError, UnalignedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import ListedSecret, SecretState, SecretStore, portable

FINISHING = dt.timedelta(hours=1)
"""How long the follower may be ahead of the leader, whose own retries finish a rotation much sooner."""


class FollowerStore(SecretStore, Protocol):
    """A store whose labels can be set to the leader's."""

    def relabel(self, secret: str, current: str, previous: str | None, seen: SecretState) -> None:
        """Put both labels on these versions in one step; LabelMovedError if they moved since `seen`."""


class MirroredSecretStore:
    """A store that keeps the secrets in `names` in the follower too, under the names given there.

    The follower's versions have the leader's tokens, made portable, so that either can be found from the other.
    """

    def __init__(self, leader: SecretStore, follower: FollowerStore, names: Mapping[str, str]) -> None:
        self._leader = leader
        self._follower = follower
        self._names = names

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        """Return what both lists say together; a mirrored secret that the follower does not list is left out."""
        found = dict(self._leader.listed(secrets))
        names = {secret: name for secret, name in self._names.items() if secret in found}
        try:
            following = self._follower.listed(frozenset(names.values())) if names else {}
        except ApiError:
            following = {}
        for secret, name in names.items():
            leading, other = found.pop(secret), following.get(name)
            if other is not None:
                untidy = leading.untidy or other.untidy or not _equal(other.state, leading.state)
                found[secret] = dataclasses.replace(leading, untidy=untidy)
        return found

    def state(self, secret: str) -> SecretState:
        """Return the leader's labels; a first value that it made current by itself is still being rotated in."""
        state = self._leader.state(secret)
        first = state.current is not None and state.current == state.pending and state.previous is None
        if not first or secret not in self._names:
            return state
        if self._follower.state(self._names[secret]).current == portable(str(state.current)):
            return state
        return SecretState(state.enabled, state.versions, None, None, state.pending)

    def current_since(self, secret: str) -> dt.datetime | None:
        """Return the leader's time, which is the later one."""
        return self._leader.current_since(secret)

    def read(self, secret: str, version: str) -> Sensitive | None:
        """Return the leader's value; a pending one is written to the follower first, where it is missing."""
        value = self._leader.read(secret, version)
        if value is not None and secret in self._names and version == self._leader.state(secret).pending:
            self._deliver(secret, version, value)
        return value

    def write(self, secret: str, version: str, value: Sensitive, seen: SecretState) -> bool:
        """Write to the leader, then write to the follower what the leader holds, even if another attempt wrote it."""
        taken = self._leader.write(secret, version, value, seen)
        if secret in self._names:
            held = self._leader.read(secret, version)
            if held is None:
                raise LabelMovedError(f"{secret}: version {version} is gone")
            self._deliver(secret, version, held)
        return taken

    def seed(self, secret: str, version: str, value: Sensitive) -> None:
        """Make the version current in the leader, then in the follower what the leader holds."""
        self._leader.seed(secret, version, value)
        if secret in self._names:
            self._realign(secret)

    def promote(self, secret: str, version: str, current: str | None) -> None:
        """Move the follower's labels, then the leader's; realign the follower if the leader's have moved meanwhile."""
        if secret not in self._names:
            self._leader.promote(secret, version, current)
            return
        leading = self._leader.state(secret).current
        if leading not in (current, version):
            raise LabelMovedError(f"{secret}: the leader's current version has moved meanwhile")
        name, new = self._names[secret], portable(version)
        following = self._follower.state(name)
        if following.current != new:
            self._follower.promote(name, new, following.current)
        try:
            if leading != version:
                self._leader.promote(secret, version, current)
        except LabelMovedError:
            if self._leader.state(secret).current == version:
                return
            self._realign(secret)
            raise

    def discard(self, secret: str, version: str) -> None:
        """Drop the pending version in both stores, in the leader last, so that a repeated attempt finds it there."""
        if secret in self._names:
            self._follower.discard(self._names[secret], portable(version))
        self._leader.discard(secret, version)

    def retire(self, secret: str, version: str) -> None:
        """Retire the version in both stores, in the leader last; `align` has made sure that both have a newer value."""
        if secret in self._names:
            self._follower.retire(self._names[secret], portable(version))
        self._leader.retire(secret, version)

    def align(self, secret: str) -> None:
        """Give the follower the leader's labels, unless a rotation is just finishing."""
        if secret not in self._names:
            return
        # The follower first: a rotation that finishes in between then shows as a label that has moved.
        following, leading = self._follower.state(self._names[secret]), self._leader.state(secret)
        if leading.current is None or _equal(following, leading):
            return
        if following.current is not None and leading.unfinished and following.current == portable(leading.unfinished):
            since = self._follower.current_since(self._names[secret])
            if since is None or clock.now() - since < FINISHING:
                return
        self._realign(secret)

    def tidy(self, secret: str, *, unattended: bool) -> None:
        """Tidy both stores."""
        self._leader.tidy(secret, unattended=unattended)
        if secret in self._names:
            self._follower.tidy(self._names[secret], unattended=unattended)

    def _realign(self, secret: str) -> None:
        """Give the follower the leader's labels, and the values that it lacks."""
        name = self._names[secret]
        following, leading = self._follower.state(name), self._leader.state(secret)
        if leading.current is None:
            return
        for version in (leading.previous, leading.current):
            if version is not None and portable(version) not in following.versions:
                self._hand_over(secret, version, following)
                following = self._follower.state(name)
        previous = None if leading.previous is None else portable(leading.previous)
        if previous not in following.versions:
            previous = None
        try:
            self._follower.relabel(name, portable(leading.current), previous, following)
        except LabelMovedError:
            raise UnalignedError(f"{secret}: the labels of leader and follower are moving; try again") from None

    def _hand_over(self, secret: str, version: str, following: SecretState) -> None:
        value = self._leader.read(secret, version)
        if value is None:
            raise UnalignedError(f"{secret}: version {version} has no value that the follower could be given")
        self._follower.write(self._names[secret], portable(version), value, following)

    def _deliver(self, secret: str, version: str, value: Sensitive) -> None:
        """Make the follower hold the value under the version; another value pending there was never in use."""
        name, token = self._names[secret], portable(version)
        following = self._follower.state(name)
        held = self._follower.read(name, token) if token in following.versions else None
        if held == value:
            return
        if held is not None:
            self._follower.discard(name, token)
            following = self._follower.state(name)
        self._follower.write(name, token, value, following)
        if self._follower.read(name, token) != value:
            raise UnalignedError(
                f"{secret}: leader and follower hold different values under version {version}; rotate again"
            )


def _equal(following: SecretState, leading: SecretState) -> bool:
    previous = None if leading.previous is None else portable(leading.previous)
    return (following.current, following.previous) == (portable(str(leading.current)), previous)
