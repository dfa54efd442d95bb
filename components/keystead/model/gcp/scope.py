"""Names and labels of everything one environment owns on GCP. Components take names from nowhere else."""

import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar

from keystead.model.alarms import Alarm
from keystead.model.clouds import Cloud
from keystead.model.scope import Scope

ENVIRONMENT_LABEL = "keystead-environment"
"""Label that every resource of an environment carries; a project that carries it belongs to that environment alone."""
LONGEST_ACCOUNT = 30
"""Characters of a service account's id; 6 at least. Source: IAM guide, "Create service accounts"."""
_SHORTEST_ACCOUNT = 6
_DIGEST = 4

ROLES = (
    "rotator",
    "rotation-push",
    "rotation-sweep",
    "rotator-build",
    "administrator",
    "auditor",
    "break-glass",
)
"""Roles with a service account in every environment, by short name; readers have theirs beside them."""


@dataclass(frozen=True, kw_only=True)
class GcpScope(Scope):
    """Where an environment lives on GCP and what its parts are called there."""

    cloud: ClassVar[Cloud] = "gcp"
    home_kind: ClassVar[str] = "project"
    region_kind: ClassVar[str] = "location"
    alarms: ClassVar[tuple[Alarm, ...]] = (Alarm.FAILED, Alarm.LATE, Alarm.DUE, Alarm.UNWATCHED, Alarm.GIVEN_UP)

    project: str
    """Id of the project."""
    number: str
    """Number of the project, as names of resources show it to IAM conditions."""
    location: str
    """Region of the originals, or `global`, where Google chooses where secrets are stored."""
    region: str
    """Region where the rotator runs; the location, where that is a region."""
    replicas: tuple[str, ...] = ()
    """Other regions, with replicas of secrets and a key of their own to encrypt them."""
    key_ring: str | None = None
    """Name of an existing key ring to adopt in every location; None where the environment has its own."""
    generation: int = 1
    """How many times the environment was created; names that GCP does not free contain it from 2 on."""

    @property
    def home(self) -> str:
        """Id of the project."""
        return self.project

    @property
    def regions(self) -> tuple[str, ...]:
        """Every location of the environment, that of the originals first."""
        return (self.location, *self.replicas)

    @property
    def secrets_path(self) -> str:
        """Prefix of the paths of the environment's secrets, as IAM conditions see `resource.name`."""
        return f"projects/{self.number}/secrets/{self.prefix}"

    def secret_name(self, name: str) -> str:
        """Id of a secret in Secret Manager."""
        return f"{self.prefix}{name}"

    def secret_path(self, name: str) -> str:
        """Path of a secret with the project's number, as IAM conditions see `resource.name`."""
        return f"{self.secrets_path}{name}"

    @property
    def key_ring_name(self) -> str:
        """Name of the key ring, the same in each location."""
        return self.key_ring or f"{self.environment}{_again(self.generation)}"

    def key_ring_path(self, location: str) -> str:
        """Path of the key ring in one location."""
        return f"projects/{self.project}/locations/{location}/keyRings/{self.key_ring_name}"

    def key_name(self, name: str) -> str:
        """Name of a crypto key in its ring; in an adopted ring it contains the environment."""
        return name if self.key_ring is None else f"{self.prefix}{name}"

    def key_path(self, name: str, location: str) -> str:
        """Path of a crypto key in one location."""
        return f"{self.key_ring_path(location)}/cryptoKeys/{self.key_name(name)}"

    def key_reference(self, name: str) -> str:
        """Path of a crypto key in the location of the originals."""
        return self.key_path(name, self.location)

    def account_id(self, role: str) -> str:
        """Id of the service account of one of ROLES or of a reader."""
        return account_id(self.environment, role)

    def account_email(self, role: str) -> str:
        """E-mail address of the service account of a role or of a reader."""
        return f"{self.account_id(role)}@{self.project}.iam.gserviceaccount.com"

    def reader_account(self, reader: str) -> str:
        """E-mail address of a workload's service account."""
        return self.account_email(reader)

    def account_member(self, role: str) -> str:
        """That account as IAM policies name it."""
        return f"serviceAccount:{self.account_email(role)}"

    def custom_role(self, role: str) -> str:
        """Id of a custom role of the project; such ids have no hyphens."""
        return f"keystead_{self.environment}_{role}".replace("-", "_")

    @property
    def rotator_subscription(self) -> str:
        """Subscription that pushes rotation messages to that function."""
        return f"{self.prefix}rotator"

    @property
    def rotation_topic(self) -> str:
        """Topic that Secret Manager publishes rotation messages to."""
        return f"{self.prefix}rotation"

    @property
    def dead_letters(self) -> str:
        """Topic, and its subscription, of messages that the rotator could not handle."""
        return f"{self.prefix}rotation-dead-letters"

    @property
    def rotator_bucket(self) -> str:
        """Bucket of the function's source; names of buckets are unique worldwide."""
        return f"{self.project}-{self.prefix}rotator"

    @property
    def rotator_log(self) -> str:
        """Log bucket of the rotator's function."""
        return f"{self.prefix}rotator"

    @property
    def identity_pool(self) -> str:
        """Workload identity pool for the rotator on AWS, where secrets are mirrored."""
        return f"{self.prefix}keystead{_again(self.generation)}"

    @property
    def identity_pool_path(self) -> str:
        """Path of that pool, with the project's number."""
        return f"projects/{self.number}/locations/global/workloadIdentityPools/{self.identity_pool}"

    @property
    def identity_provider(self) -> str:
        """Provider of that pool; its id has 4 characters at least."""
        return "aws-rotator"

    @property
    def audience(self) -> str:
        """Audience of tokens for that provider: its full name, with the project's number."""
        return f"//iam.googleapis.com/{self.identity_pool_path}/providers/{self.identity_provider}"

    @property
    def sweep_metric(self) -> str:
        """Metric that counts the sweeps that ended."""
        return f"{self.prefix}rotation-sweep"

    def labels(self, owner: str | None = None) -> dict[str, str]:
        """Labels of one resource."""
        return {f"keystead-{key}": label(value) for key, value in self._marks(owner).items()}


def account_id(environment: str, role: str) -> str:
    """Return the id of a role's service account; a name that is too long is cut and ends in a digest."""
    whole = f"{environment}-{role}"
    if _SHORTEST_ACCOUNT <= len(whole) <= LONGEST_ACCOUNT:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]
    return f"{whole[: LONGEST_ACCOUNT - _DIGEST - 1].rstrip('-')}-{digest}"


def _again(generation: int) -> str:
    return f"-{generation}" if generation > 1 else ""


def label(text: str) -> str:
    """Write a text as the value of a label: at most 63 lower-case letters, digits, hyphens and underscores."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]
