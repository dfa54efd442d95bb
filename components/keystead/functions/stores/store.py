"""The protocol of a secret store: versions of secrets, and the labels that say which is current, previous, pending."""

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from keystead.functions.shared.redaction import Sensitive

Read = Callable[[], Sensitive | None]
"""Reads a value when it is needed, and only then: each read is recorded in the audit log."""

_PORTABLE = re.compile(
    r"(?!(current|previous|pending|latest|NEW|(since|retired|version)-\d+)\Z)[A-Za-z][A-Za-z0-9_-]{0,62}"
)


def portable(token: str) -> str:
    """Return a name for the token that every store accepts: itself, or 40 digits of its SHA-256.

    Source of the characters: Secret Manager's version aliases, 63 letters, digits, _ and -, a letter first.
    """
    if _PORTABLE.fullmatch(token):
        return token
    return f"token-{hashlib.sha256(token.encode()).hexdigest()[:40]}"


@dataclasses.dataclass(frozen=True)
class SecretState:
    """Which version of a secret has which label, as the store described it at one time."""

    enabled: bool
    """Whether the secret is rotated; False once somebody has switched rotation off."""
    versions: frozenset[str]
    """Every version that the store can name, the pending one included even while it has no value."""
    current: str | None
    """The version that readers get; None until the first rotation has finished."""
    previous: str | None
    """The version that readers may still use during the overlap."""
    pending: str | None
    """The version being rotated in; stays on the current version after some stores' finish."""

    @property
    def unfinished(self) -> str | None:
        """The version of a rotation that has started and not finished."""
        return None if self.pending == self.current else self.pending


@dataclasses.dataclass(frozen=True)
class ListedSecret:
    """What a store's list says of a secret. A list may be minutes old: whoever changes something looks again."""

    state: SecretState
    since: dt.datetime | None
    """A time at which, or after which, the current version became current; None where the list does not tell."""
    untidy: bool = False
    """Whether `align` or `tidy` may find something to do."""


class SecretStore(Protocol):
    """A secret store. Versions are named by the token of the rotation that made them."""

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        """Return what the store's list says of those of the secrets that are in it, in few calls for many secrets."""

    def state(self, secret: str) -> SecretState:
        """Return the labels now."""

    def current_since(self, secret: str) -> dt.datetime | None:
        """Return when the current version became current, never earlier than that; None when there is none."""

    def read(self, secret: str, version: str) -> Sensitive | None:
        """Return the version's value, None while it has none."""

    def write(self, secret: str, version: str, value: Sensitive, seen: SecretState) -> bool:
        """Give the version its value and the pending label; False where it has a value already, which it keeps.

        LabelMovedError where a label has moved since `seen` and the store is the one that has to notice it.
        """

    def seed(self, secret: str, version: str, value: Sensitive) -> None:
        """Make the version with this value current in a secret without a current one; a pending label stays."""

    def promote(self, secret: str, version: str, current: str | None) -> None:
        """Make the version current and `current` previous in one step; LabelMovedError if `current` is not current."""

    def discard(self, secret: str, version: str) -> None:
        """Take the pending label off the version, so that another rotation can begin; no error if it is off already."""

    def retire(self, secret: str, version: str) -> None:
        """Take the previous label off the version, so that readers cannot get it; no error if it is off already."""

    def align(self, secret: str) -> None:
        """Give the follower of a mirrored secret the leader's labels; UnalignedError where that has to wait."""

    def tidy(self, secret: str, *, unattended: bool) -> None:
        """Destroy what was retired, and what killed attempts left; what a person may have brought stays."""
