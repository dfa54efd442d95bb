"""What a cloud tells of an environment's keys and secrets, without opening a single value."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class KeyCondition(StrEnum):
    """Whether a key can be used."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETING = "deleting"


@dataclass(frozen=True, kw_only=True)
class ObservedKey:
    """One encryption key as the cloud holds it."""

    condition: KeyCondition
    rotation: timedelta | None = None
    """Time between automatic rotations; None where the cloud does not rotate this key."""
    rotates: datetime | None = None
    deletion: datetime | None = None
    """When the cloud will delete it, if it was told to."""


@dataclass(frozen=True, kw_only=True)
class ObservedSecret:
    """One secret's versions and dates as the store holds them."""

    created: datetime
    current: str | None = None
    """The current version, by the name that it has on every cloud; None while there is no value."""
    current_since: datetime | None = None
    """When the current value took over; None while there is no value."""
    readable: bool = True
    """False where the store holds the current value back, as GCP does with a disabled version."""
    previous: bool = False
    """Whether the value before the current one can still be read."""
    pending: str | None = None
    """The version of a rotation that has not finished, named as `current` is."""
    pending_since: datetime | None = None
    """When a rotation began that has not finished."""
    due: datetime | None = None
    """When the store itself will rotate next; None where it does not."""
    schedule: str | None = None
    """The store's own rules, by which it rotates; None where it has none."""
    as_declared: bool = True
    """Whether these are the rules of the spec."""
    switched_off: bool = False
    """Whether somebody has ended the rotation that the store had."""
    deletion: datetime | None = None
    failed_replicas: tuple[str, ...] = ()
    """Regions that the current value could not be brought to."""


@dataclass(frozen=True)
class Orphan:
    """A key or secret under the environment's names that the spec does not have."""

    kind: Literal["key", "secret"]
    stored_as: str
    """Its name on the cloud: name of the secret, alias or path of the key."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """One environment as the cloud holds it; a key or secret that is not there is missing from its map."""

    keys: dict[str, ObservedKey] = field(default_factory=dict)
    secrets: dict[str, ObservedSecret] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    """Names of the environment's alarms that are raised."""
    orphans: tuple[Orphan, ...] = ()

    @property
    def deployed(self) -> bool:
        """Whether anything of the environment exists."""
        return bool(self.keys or self.secrets)
