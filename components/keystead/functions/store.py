"""What the rotation core needs of a secret store: versions, and the labels that say which one is which."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Protocol

from keystead.functions.redaction import Sensitive

Read = Callable[[], Sensitive | None]
"""Reads a value when it is needed, and only then: each read leaves a trace in the audit log."""


@dataclasses.dataclass(frozen=True)
class State:
    """Which version of a secret bears which label, as the store saw it at one moment."""

    enabled: bool
    """Whether the secret is to be rotated; False once somebody switched rotation off."""
    versions: frozenset[str]
    """Every version the store still tells apart, the pending one included even while it has no value."""
    current: str | None
    """The version that readers get; None until the first rotation finished."""
    previous: str | None
    """The version that readers may still use during the overlap."""
    pending: str | None
    """The version being rotated in; stays on the current version after some stores' finish."""


class Store(Protocol):
    """A secret store. Versions are named by the token of the rotation that made them."""

    def state(self, secret: str) -> State:
        """Return the labels now."""

    def current_since(self, secret: str) -> dt.datetime | None:
        """Return when the current version became current, never earlier than that; None when there is none."""

    def read(self, secret: str, version: str) -> Sensitive | None:
        """Return the version's value, None while it has none."""

    def write(self, secret: str, version: str, value: Sensitive) -> None:
        """Give the version its value and the pending label; a version that has a value already keeps it."""

    def promote(self, secret: str, version: str, current: str | None) -> None:
        """Make the version current and `current` previous in one step; LabelMovedError if `current` is not current."""

    def retire(self, secret: str, version: str) -> None:
        """Take the previous label off the version, so that readers cannot get it; no error if it is off already."""
