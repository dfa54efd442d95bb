"""The rotator's settings: the secrets it rotates and how, the place it may work in, and the cloud that follows."""

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Mapping

from keystead.functions.shared.errors import SettingsError

EXTERNAL_FOLDER = "external"
"""Where the files of external rotators lie, relative to the archive's root: one `<module>.py` each."""

MINIMUM_BITS = 256
"""Least entropy of a generated value, whatever provisioning asked for: 32 random bytes."""


@dataclasses.dataclass(frozen=True)
class ShapeSettings:
    """What a generated value looks like: the prefix, then `length` characters drawn at random."""

    characters: str
    """Characters to draw from, each once."""
    length: int
    """Random characters, not counting the prefix."""
    prefix: str = ""
    """Fixed text in front, so that people and scanners recognise the value; it adds no entropy."""

    def __post_init__(self) -> None:
        if len(set(self.characters)) != len(self.characters):
            raise SettingsError("characters: each must be there once, so that all are drawn equally often")
        if self.length * math.log2(len(self.characters)) < MINIMUM_BITS:
            raise SettingsError(f"length: a value must carry at least {MINIMUM_BITS} bits")


@dataclasses.dataclass(frozen=True)
class ExternalSettings:
    """The user's own strategy: one class in one file of the archive."""

    module: str
    """Path of the file in EXTERNAL_FOLDER, without `.py`, such as `rotators/gateway`."""
    strategy: str
    """Name of the class in it."""
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Texts the class is constructed with; never a value."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([A-Za-z0-9_-]+/)*[A-Za-z_][A-Za-z0-9_]*", self.module, re.ASCII):
            raise SettingsError("module: must be the path of a Python file without its ending")
        if not self.strategy.isidentifier():
            raise SettingsError("strategy: must be the name of a Python class")


@dataclasses.dataclass(frozen=True)
class WindowSettings:
    """Hours of each day in UTC in which a rotation may begin by itself."""

    hour: int
    """Hour at which the window opens, 0 to 23."""
    hours: int
    """Length of the window, up to the day's end at most."""

    def __post_init__(self) -> None:
        if not (self.hour >= 0 and self.hours >= 1 and self.hour + self.hours <= 24):
            raise SettingsError("window: must be at least an hour, within one day")

    def covers(self, time: dt.datetime) -> bool:
        """Return whether a timestamp lies in the window."""
        return self.hour <= time.astimezone(dt.UTC).hour < self.hour + self.hours


@dataclasses.dataclass(frozen=True)
class SecretSettings:
    """How one secret rotates."""

    rotator: str
    """Name of the strategy, see strategies."""
    every: int
    """Seconds between rotations; for `manual` the seconds after which a person is reminded."""
    overlap: int
    """Seconds the previous value stays readable after it was superseded; less than `every`."""
    shape: ShapeSettings | None = None
    """What the rotator generates; None where it generates nothing."""
    follower: str = ""
    """Name of a mirrored secret in the follower's store, such as `prod-payments-api-key`; empty for all others."""
    service_account: str = ""
    """E-mail address of the account whose keys `service-account-key` makes; empty with other rotators."""
    renamed_from: str = ""
    """Full name, in the same store, of the secret whose values this one takes over; empty for all others."""
    external: ExternalSettings | None = None
    """The user's strategy where the rotator is `external`."""
    window: WindowSettings | None = None
    """When rotations may begin by themselves, where the store does not keep that; None where any time will do."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.every:
            raise SettingsError("overlap: must be at least 0 s and less than `every`")

    def open_at(self, time: dt.datetime) -> bool:
        """Return whether a rotation may begin by itself at a timestamp."""
        return self.window is None or self.window.covers(time)


@dataclasses.dataclass(frozen=True)
class CloudSettings:
    """The one place this function may work in."""

    account: str
    """AWS account id or GCP project id."""
    region: str
    """AWS region or GCP location."""
    number: str = ""
    """GCP project number, which events and conditions name; empty on AWS."""
    subscription: str = ""
    """GCP subscription whose messages this function serves; empty on AWS."""


@dataclasses.dataclass(frozen=True)
class FollowerSettings:
    """The GCP project that mirrored secrets follow in, and how AWS's role gets a token there."""

    number: str
    """Number of the project."""
    audience: str
    """Full name of the workload identity provider, `//iam.googleapis.com/projects/NUMBER/locations/global/...`."""


@dataclasses.dataclass(frozen=True)
class RotatorSettings:
    """Everything the rotator of one environment knows; it refuses whatever is not named here."""

    environment: str
    cloud: CloudSettings
    secrets: Mapping[str, SecretSettings]
    """By full name in the store: `prod/payments-api-key` on AWS, `prod-payments-api-key` on GCP."""
    follower: FollowerSettings | None = None
    """Where mirrored secrets follow; None where no secret is mirrored."""

    @property
    def renamed(self) -> Mapping[str, str]:
        """Old names of the secrets that take over values, by full name."""
        return {name: entry.renamed_from for name, entry in self.secrets.items() if entry.renamed_from}

    def __post_init__(self) -> None:
        mirrored = sorted(name for name, entry in self.secrets.items() if entry.follower)
        if mirrored and self.follower is None:
            raise SettingsError(f"follower: mirrored secrets need it: {', '.join(mirrored)}")
