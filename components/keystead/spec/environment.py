"""One environment's spec as a whole, and what it knows about itself: scopes, readers, restrictions, rotated secrets."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from keystead.model.aws.scope import AwsScope
from keystead.model.clouds import Cloud
from keystead.model.gcp.scope import ROLES, GcpScope, account_id
from keystead.model.names import Name, Owner
from keystead.model.section import MisplacedError
from keystead.model.tiers import TIERS, Colour, Tier, TierDefaults
from keystead.restrictions.restriction import Restriction
from keystead.spec.clouds import Aws, Gcp
from keystead.spec.context import Surroundings, Tiered, surroundings
from keystead.spec.keys import Key
from keystead.spec.relaxations import relaxations
from keystead.spec.roles import Alerts, Roles
from keystead.spec.secrets import Secret
from keystead.spec.waivers import Waiver

RESERVED_KEYS = frozenset({"operations"})
"""Names of keys that Keystead itself makes in every environment."""


class EnvironmentSpec(Tiered):
    """One environment, complete: what the stack file leaves out has its tier's default here."""

    environment: str = Field(exclude=True)
    """Name of the environment, which is the name of its stack and of its file."""
    tier: Tier
    """Sensitivity: low (no real data), standard, high or critical; sets every default below."""
    owners: list[Owner] = Field(json_schema_extra={"minItems": 1})
    """Teams that answer for the environment, the first one first."""
    colour: Colour
    """Colour the environment is shown in: green, yellow, red, blue, magenta or cyan; by default the tier's."""
    purpose: str = ""
    """What the environment is for."""
    aws: Aws | None = None
    """Where the environment lives on AWS; left out, it does not live there."""
    gcp: Gcp | None = None
    """Where the environment lives on GCP; left out, it does not live there."""
    restrictions: dict[Name, Restriction] = Field(default_factory=dict)
    """Restrictions by name, for readers to refer to."""
    keys: dict[Name, Key] = Field(default_factory=dict)
    """Encryption keys by name."""
    secrets: dict[Name, Secret] = Field(default_factory=dict)
    """Secrets by name; the value of none of them."""
    roles: Roles = Roles()
    """Who may assume the roles that people take."""
    alerts: Alerts = Alerts()
    """Who hears of failed and late rotations."""
    waivers: dict[Name, Waiver] = Field(default_factory=dict)
    """Findings of the policy pack that somebody answers for until a day, by name; in the stack file only."""

    @classmethod
    def given(cls, around: Surroundings, data: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - see Tiered
        """Return the colour of the tier."""
        return {"colour": around.defaults.colour}

    @field_validator("owners")
    @classmethod
    def _owned(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("must name at least one team that answers for the environment")
        return value

    @field_validator("keys")
    @classmethod
    def _own_names(cls, value: dict[str, Key]) -> dict[str, Key]:
        for name in RESERVED_KEYS & value.keys():
            raise ValueError(f"{name!r} is the name of a key that Keystead makes itself; choose another name")
        return value

    @field_validator("secrets")
    @classmethod
    def _own_accounts(cls, value: dict[str, Secret], info: ValidationInfo) -> dict[str, Secret]:
        around = surroundings(info)
        if around is not None:
            _check_accounts(around.environment, value)
        return value

    @property
    def defaults(self) -> TierDefaults:
        """Defaults and limits of the environment's tier."""
        return TIERS[self.tier]

    def on(self, cloud: Cloud) -> bool:
        """Return whether the environment lives on a cloud."""
        return (self.aws if cloud == "aws" else self.gcp) is not None

    def aws_scope(self) -> AwsScope:
        """Return the names and tags of everything this environment owns on AWS, where it must live."""
        if self.aws is None:
            raise ValueError(f"environment {self.environment} does not live on AWS")
        return AwsScope(
            environment=self.environment,
            tier=self.tier,
            owners=tuple(self.owners),
            shared=self.aws.shared,
            account=self.aws.account,
            region=self.aws.region,
            replicas=tuple(self.aws.replicas),
        )

    def gcp_scope(self) -> GcpScope:
        """Return the names and labels of everything this environment owns on GCP, where it must live."""
        if self.gcp is None:
            raise ValueError(f"environment {self.environment} does not live on GCP")
        return GcpScope(
            environment=self.environment,
            tier=self.tier,
            owners=tuple(self.owners),
            shared=self.gcp.shared,
            project=self.gcp.project,
            number=self.gcp.number,
            location=self.gcp.location,
            region=self.gcp.region,
            replicas=tuple(self.gcp.replicas),
            key_ring=self.gcp.key_ring,
            generation=self.gcp.generation,
        )

    def keys_on(self, cloud: Cloud) -> dict[str, Key]:
        """Return the keys on a cloud by name, sorted."""
        return {name: key for name, key in sorted(self.keys.items()) if cloud in key.clouds}

    def secrets_on(self, cloud: Cloud) -> dict[str, Secret]:
        """Return the secrets on a cloud by name, sorted."""
        return {name: secret for name, secret in sorted(self.secrets.items()) if cloud in secret.clouds}

    def both(self, secret: str) -> bool:
        """Return whether a secret lives on both clouds; one rotation then gives both the same value."""
        return len(self.secrets[secret].clouds) > 1

    def readers(self, cloud: Cloud) -> list[str]:
        """Return the names of all workloads that read a secret on a cloud, sorted; each has one role there."""
        return sorted({reader for secret in self.secrets.values() for reader in secret.readers_on(cloud)})

    def read_by(self, reader: str, cloud: Cloud) -> list[str]:
        """Return the names of the secrets that a workload reads on a cloud, sorted."""
        return [name for name, secret in sorted(self.secrets.items()) if reader in secret.readers_on(cloud)]

    def restriction_of(self, secret: str, reader: str, cloud: Cloud) -> Restriction | None:
        """Return the restriction a workload is under when it reads a secret on a cloud, or None."""
        name = self.secrets[secret].readers[reader].restriction_on(cloud)
        return None if name is None else self.restrictions[name]

    def rotated(self, cloud: Cloud) -> list[str]:
        """Return the names of the secrets whose values a function of this cloud makes, sorted.

        A secret on both clouds is rotated by AWS, which gives the value to GCP.
        """
        return [
            name
            for name, secret in self.secrets_on(cloud).items()
            if secret.rotation.rotator != "manual" and cloud == secret.clouds[0]
        ]

    def relaxations(self) -> list[str]:
        """Return a line for each setting that is weaker than the tier's default, for people to see."""
        return relaxations(self.defaults, self.keys, self.secrets, self.waivers)


def _check_accounts(environment: str, secrets: Mapping[str, Secret]) -> None:
    """Refuse readers whose service account on GCP would be another's: ids are short, and Keystead has some itself."""
    taken = {account_id(environment, role): f"Keystead's own {role}" for role in ROLES}
    problems: list[tuple[tuple[str, ...], None, str]] = []
    for name, secret in sorted(secrets.items()):
        for reader in sorted(secret.readers_on("gcp")):
            account, own = account_id(environment, reader), f"reader {reader}"
            if taken.setdefault(account, own) != own:
                text = f"has the service account {account} on GCP, that of {taken[account]}; choose another name"
                problems.append(((name, "readers", reader), None, text))
    if problems:
        raise MisplacedError(problems)
