"""The labels of a secret's versions on GCP, kept in its version aliases: one map, changed in one step under an etag.

`current`, `previous` and `pending` name versions, as readers see them; each version that the rotator made has its token
as an alias too, `since-<epoch seconds>` is on the version that became current then, and `retired-<number>` on a version
that is to be destroyed. Source: Secret Manager, "Assign
an alias to a secret version": at most 50 of up to 63 letters, digits, _ and -, a letter first.
"""

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any

from keystead.functions.stores.store import SecretState, portable

CURRENT, PREVIOUS, PENDING = "current", "previous", "pending"
LABELS = (CURRENT, PREVIOUS, PENDING)

_SINCE = re.compile(r"since-(\d+)")
_RETIRED = re.compile(r"retired-\d+")
_UNNAMED = re.compile(r"version-(\d+)")

RECENT = dt.timedelta(hours=26)
"""How long after a rotation the versions of a secret are looked at in each sweep: a version that an attempt left behind
has no label, and is old enough to be destroyed an hour later, which the daily sweep of a rehearsal has to meet too."""


@dataclasses.dataclass(frozen=True)
class GcpLabels:
    """The aliases of a secret at one time; each change returns a new map and keeps all other aliases."""

    numbers: Mapping[str, str]
    """Version number by alias."""

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> "GcpLabels":
        """Read a secret as Secret Manager describes it."""
        return cls({alias: str(number) for alias, number in secret.get("versionAliases", {}).items()})

    def bearer(self, label: str) -> str | None:
        """Return the token of the version with the label; `version-<number>` where somebody else labelled it."""
        number = self.numbers.get(label)
        if number is None:
            return None
        names = sorted(alias for alias, other in self.numbers.items() if other == number and _is_token(alias))
        return names[0] if names else f"version-{number}"

    def number(self, token: str) -> str | None:
        """Return the number of the token's version."""
        unnamed = _UNNAMED.fullmatch(token)
        return unnamed[1] if unnamed else self.numbers.get(portable(token))

    def labelled(self) -> frozenset[str]:
        """Return the numbers of the versions that have a label."""
        return frozenset(self.numbers[label] for label in LABELS if label in self.numbers)

    def state(self, *, enabled: bool) -> SecretState:
        """Return the labels as the store protocol describes them."""
        current, previous, pending = (self.bearer(label) for label in LABELS)
        tokens = {alias for alias in self.numbers if _is_token(alias)}
        named = {token for token in (current, previous, pending) if token}
        return SecretState(enabled, frozenset(tokens | named), current, previous, pending)

    def since(self) -> dt.datetime | None:
        """Return when the current version became current, None where that was not recorded."""
        for alias, number in self.numbers.items():
            noted = _SINCE.fullmatch(alias)
            if noted and number == self.numbers.get(CURRENT):
                return dt.datetime.fromtimestamp(int(noted[1]), dt.UTC)
        return None

    def written(self, token: str, number: str) -> "GcpLabels":
        """Give a new version its token and the pending label."""
        return GcpLabels({**self.numbers, portable(token): number, PENDING: number})

    def seeded(self, token: str, number: str, at: dt.datetime) -> "GcpLabels":
        """Give a new version its token and the current label; a pending version keeps its own."""
        return GcpLabels({**self.numbers, portable(token): number}).moved(token, None, at)

    def moved(self, current: str, previous: str | None, at: dt.datetime) -> "GcpLabels":
        """Put `current` and `previous` on these tokens' versions; a version that loses both keeps its token."""
        numbers = {alias: number for alias, number in self.numbers.items() if alias not in (CURRENT, PREVIOUS)}
        new = str(self.number(current))
        if self.numbers.get(CURRENT) != new:
            numbers = {alias: number for alias, number in numbers.items() if not _SINCE.fullmatch(alias)}
            # Rounded up, so that the recorded time is never too early.
            numbers[f"since-{math.ceil(at.timestamp())}"] = new
        numbers[CURRENT] = new
        if previous is not None:
            numbers[PREVIOUS] = str(self.number(previous))
        if numbers.get(PENDING) in (numbers[CURRENT], numbers.get(PREVIOUS)):
            numbers.pop(PENDING, None)
        return GcpLabels(numbers)

    def without(self, label: str, token: str) -> "GcpLabels":
        """Take the label off the token's version; without any label it is marked as retired, and has no other alias."""
        number = self.number(token)
        if number is None or self.numbers.get(label) != number:
            return self
        kept = GcpLabels({alias: other for alias, other in self.numbers.items() if alias != label})
        if number in kept.labelled():
            return kept
        return GcpLabels({**kept.forgotten(frozenset({number})).numbers, f"retired-{number}": number})

    def untidy(self, now: dt.datetime) -> bool:
        """Return whether versions may have to be destroyed, or the time of the current one is not recorded."""
        if CURRENT not in self.numbers:
            return False
        since = self.since()
        unlabelled = set(self.numbers.values()) - self.labelled()
        return since is None or now - since < RECENT or PENDING in self.numbers or bool(unlabelled)

    def forgotten(self, versions: frozenset[str]) -> "GcpLabels":
        """Take every alias off these versions."""
        return GcpLabels({alias: number for alias, number in self.numbers.items() if number not in versions})

    def noted(self, at: dt.datetime) -> "GcpLabels":
        """Record when the current version became current, where that was not recorded."""
        current = self.numbers.get(CURRENT)
        if current is None or self.since() is not None:
            return self
        numbers = {alias: number for alias, number in self.numbers.items() if not _SINCE.fullmatch(alias)}
        return GcpLabels({**numbers, f"since-{math.ceil(at.timestamp())}": current})


def _is_token(alias: str) -> bool:
    return alias not in LABELS and not _SINCE.fullmatch(alias) and not _RETIRED.fullmatch(alias)
