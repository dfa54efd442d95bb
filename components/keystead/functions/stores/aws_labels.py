"""The labels of a secret's versions on AWS, as Secrets Manager's DescribeSecret lists them."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from keystead.functions.stores.store import SecretState

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"


@dataclasses.dataclass(frozen=True)
class AwsLabels:
    """The labels as DescribeSecret returned them at one time."""

    stages: Mapping[str, Sequence[str]]
    """Labels by version, of every version that has one; a pending version is there even while it has no value."""
    rotated: dt.datetime | None
    """When a rotation finished last."""

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> "AwsLabels":
        """Read the answer of DescribeSecret."""
        return cls(secret.get("VersionIdsToStages", {}), secret.get("LastRotatedDate"))

    def bearer(self, label: str) -> str | None:
        """Return the version with the label."""
        return next((version for version, labels in self.stages.items() if label in labels), None)

    def state(self, *, enabled: bool) -> SecretState:
        """Return the labels as the store protocol describes them."""
        current, previous, pending = (self.bearer(label) for label in (CURRENT, PREVIOUS, PENDING))
        return SecretState(enabled, frozenset(self.stages), current, previous, pending)

    def current_since(self, created: Mapping[str, dt.datetime]) -> dt.datetime | None:
        """Return the later of the current version's creation and the last finished rotation.

        A version may be created long before it becomes current, and a value put by hand is not a rotation.
        LastChangedDate is of no use here, since a changed tag moves it too.
        """
        made = created.get(self.bearer(CURRENT) or "")
        return max(made, self.rotated) if made and self.rotated else made
