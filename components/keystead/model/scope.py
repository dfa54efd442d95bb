"""The names of an environment and its parts on a cloud. Every name contains the environment, so none is shared."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from keystead.model.alarms import Alarm
from keystead.model.clouds import TITLES, Cloud
from keystead.model.tiers import Tier


@dataclass(frozen=True, kw_only=True)
class Scope(ABC):
    """Where an environment lives on one cloud and what its parts are called there; each cloud has its own."""

    cloud: ClassVar[Cloud]
    """The cloud that these names are for."""
    home_kind: ClassVar[str]
    """What an environment lives in on this cloud, as the spec calls it: `account` or `project`."""
    region_kind: ClassVar[str]
    """What the spec calls the place of the originals: `region` or `location`."""
    alarms: ClassVar[tuple[Alarm, ...]]
    """The alarms an environment has on this cloud."""

    environment: str
    """Name of the environment, which is the name of its stack."""
    tier: Tier
    """Sensitivity tier of the environment."""
    owners: tuple[str, ...]
    """Teams responsible for the environment, the main one first."""
    shared: bool = False
    """Whether other environments live in the same account or project, separated by names and policies only."""

    @property
    def prefix(self) -> str:
        """Prefix of names with hyphens."""
        return f"{self.environment}-"

    @property
    @abstractmethod
    def home(self) -> str:
        """Id of the account or project that the environment lives in."""

    @property
    def home_title(self) -> str:
        """The account or project as messages name it: `account 111111111111`, `project acme-dev`."""
        return f"{self.home_kind} {self.home}"

    @property
    def title(self) -> str:
        """The cloud and the account or project as messages name them: `AWS account 111111111111`."""
        return f"{TITLES[self.cloud]} {self.home_title}"

    @property
    @abstractmethod
    def regions(self) -> tuple[str, ...]:
        """Every region or location of the environment, that of the originals first."""

    @abstractmethod
    def secret_name(self, name: str) -> str:
        """Name of a secret in the cloud's secret store."""

    @abstractmethod
    def key_reference(self, name: str) -> str:
        """Reference to a key: its alias on AWS, its path in the first location on GCP."""

    @abstractmethod
    def reader_account(self, reader: str) -> str:
        """Account of a workload: the name of its role on AWS, the e-mail address of its service account on GCP."""

    @property
    def rotator_function(self) -> str:
        """The one function that rotates the environment's secrets on this cloud."""
        return f"{self.prefix}rotator"

    @property
    @abstractmethod
    def rotator_log(self) -> str:
        """Where the rotator's log is kept: a log group on AWS, a log bucket on GCP."""

    @property
    @abstractmethod
    def dead_letters(self) -> str:
        """Queue (AWS) or topic and subscription (GCP) of events that the rotator could not handle."""

    @property
    def sweep_schedule(self) -> str:
        """Schedule that retires values past their overlap and looks for late rotations."""
        return f"{self.prefix}rotator-sweep"

    def alarm_name(self, alarm: Alarm) -> str:
        """Name of an alarm (AWS) or display name of an alert policy (GCP)."""
        return f"{self.prefix}{alarm}"

    @abstractmethod
    def labels(self, owner: str | None = None) -> dict[str, str]:
        """Labels of one resource, which AWS calls tags; the owner is the environment's first one by default."""

    def _marks(self, owner: str | None) -> dict[str, str]:
        """The content of labels, by short key."""
        return {
            "environment": self.environment,
            "tier": self.tier,
            "owner": owner or self.owners[0],
            "managed-by": "keystead",
        }
