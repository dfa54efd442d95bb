"""The sensitivity tiers: one table of defaults and limits, each number with its source.

Sources: NIST = SP 800-57 part 1 revision 5, section 5.3.6, table 1 (originator-usage periods); CIS = CIS AWS
Foundations Benchmark 3.0; CIS GCP = CIS Google Cloud Platform Foundation Benchmark 4.0; PCI = PCI DSS 4.0.1; KMS, SM
= the ranges AWS KMS and AWS Secrets Manager accept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from keystead.model.clouds import Cloud

Tier = Literal["low", "standard", "high", "critical"]
"""How much harm the loss of an environment's secrets causes; `low` is for environments without real data."""

Colour = Literal["green", "yellow", "red", "blue", "magenta", "cyan"]
"""The colour of an environment wherever people could confuse it with another one."""

KEY_ROTATION_ON: Mapping[Cloud, timedelta] = {"gcp": timedelta(days=90)}
"""Longest time between two rotations of a key on a cloud, in every tier. CIS GCP 1.10, which knows no tiers."""


@dataclass(frozen=True)
class TierDefaults:
    """Defaults of a tier, and the limits of what the spec may set."""

    colour: Colour
    """As traffic lights: the closer to production, the closer to red."""
    secret_every: timedelta
    """Time between two rotations of a secret. CIS 1.14 and PCI 8.3.9 say 90 days."""
    secret_every_limit: timedelta
    """Longest time the spec may set. NIST gives a symmetric authentication key 2 years; PCI 90 days."""
    overlap: timedelta
    """How long the previous value stays readable. Keystead's common case: 30 days of grace."""
    key_rotation: timedelta
    """Time between two rotations of an encryption key's material. KMS defaults to 365 days; CIS 3.6 wants it on."""
    key_rotation_limit: timedelta
    """Longest time the spec may set. NIST gives a symmetric key-wrapping key 2 years."""
    deletion_window: timedelta
    """Time in which the deletion of a key can be cancelled. KMS: 7 to 30 days, 30 by default."""
    recovery_window: timedelta
    """Time in which a deleted secret can be restored. SM: 7 to 30 days, 30 by default; 0 deletes at once."""
    recovery_optional: bool
    """Whether the spec may set the recovery window to 0, which frees the name at once and loses the value
    permanently."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete keys and secrets."""
    hsm: bool
    """Whether keys on GCP are created and used in hardware (FIPS 140-2 level 3). On AWS every key is."""
    log_retention: timedelta
    """How long logs are kept, in steps that CloudWatch Logs accepts. PCI 10.5.1: a year, three months of it available
    at once."""

    def key_rotation_in(self, clouds: Collection[Cloud]) -> timedelta:
        """Return the time between two rotations of a key that is on these clouds; it is the same on each."""
        return min([self.key_rotation, *(KEY_ROTATION_ON[cloud] for cloud in clouds if cloud in KEY_ROTATION_ON)])


def _days(number: int) -> timedelta:
    return timedelta(days=number)


TIERS: dict[Tier, TierDefaults] = {
    "low": TierDefaults(
        colour="green",
        secret_every=_days(180),
        secret_every_limit=_days(730),
        overlap=_days(30),
        key_rotation=_days(365),
        key_rotation_limit=_days(730),
        deletion_window=_days(7),
        recovery_window=_days(0),
        recovery_optional=True,
        protected=False,
        hsm=False,
        log_retention=_days(30),
    ),
    "standard": TierDefaults(
        colour="yellow",
        secret_every=_days(90),
        secret_every_limit=_days(365),
        overlap=_days(30),
        key_rotation=_days(365),
        key_rotation_limit=_days(730),
        deletion_window=_days(14),
        recovery_window=_days(7),
        recovery_optional=False,
        protected=False,
        hsm=False,
        log_retention=_days(90),
    ),
    "high": TierDefaults(
        colour="magenta",
        secret_every=_days(90),
        secret_every_limit=_days(180),
        overlap=_days(30),
        key_rotation=_days(365),
        key_rotation_limit=_days(730),
        deletion_window=_days(30),
        recovery_window=_days(30),
        recovery_optional=False,
        protected=True,
        hsm=False,
        log_retention=_days(365),
    ),
    "critical": TierDefaults(
        colour="red",
        secret_every=_days(90),
        secret_every_limit=_days(90),
        overlap=_days(30),
        key_rotation=_days(365),
        key_rotation_limit=_days(365),
        deletion_window=_days(30),
        recovery_window=_days(30),
        recovery_optional=False,
        protected=True,
        hsm=True,
        log_retention=_days(365),
    ),
}
"""Where no source gives a number per tier, the sources' strictest goes to `critical` and their loosest to `low`."""
