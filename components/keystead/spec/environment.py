"""One environment's spec as a whole, and what follows from it: names, readers, restrictions, rotated secrets."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, overload

from pydantic import Field, ValidationInfo, field_validator

from keystead.model.aws.scope import AwsScope
from keystead.model.clouds import CLOUDS, TITLES, Cloud
from keystead.model.gcp.scope import GcpScope
from keystead.model.names import Name, Owner
from keystead.model.scope import Scope
from keystead.model.tiers import TIERS, Colour, Tier, TierDefaults
from keystead.restrictions.restriction import Restriction
from keystead.spec.accounts import check_accounts
from keystead.spec.clouds import AwsSpec, GcpSpec
from keystead.spec.context import SpecContext, Tiered, context_of
from keystead.spec.keys import KeySpec
from keystead.spec.relaxations import relaxations
from keystead.spec.relaxations.networks import unreachable
from keystead.spec.renaming import check_renaming
from keystead.spec.roles import AlertsSpec, RolesSpec
from keystead.spec.secrets import SecretSpec
from keystead.spec.waivers import WaiverSpec

OPERATIONS_KEY = "operations"
"""Name of the key that Keystead adds to an environment for logs, alarms and dead letters."""


class EnvironmentSpec(Tiered):
    """One environment, complete: settings that the stack file leaves out have the tier's defaults here."""

    environment: str = Field(exclude=True)
    """Name of the environment, which is the name of its stack and of its file."""
    tier: Tier
    """Sensitivity: low (no real data), standard, high or critical; it sets every default below."""
    owners: list[Owner] = Field(json_schema_extra={"minItems": 1})
    """Teams responsible for the environment, the main one first."""
    colour: Colour
    """Colour the environment is shown in: green, yellow, red, blue, magenta or cyan; by default the tier's."""
    purpose: str = ""
    """What the environment is for."""
    aws: AwsSpec | None = None
    """Where the environment lives on AWS; left out, it does not live there."""
    gcp: GcpSpec | None = None
    """Where the environment lives on GCP; left out, it does not live there."""
    restrictions: dict[Name, Restriction] = Field(default_factory=dict)
    """Restrictions by name, for readers to refer to."""
    keys: dict[Name, KeySpec] = Field(default_factory=dict)
    """Encryption keys by name."""
    secrets: dict[Name, SecretSpec] = Field(default_factory=dict)
    """Secrets by name, without their values."""
    roles: RolesSpec = RolesSpec()
    """Who may take the roles for people."""
    alerts: AlertsSpec = AlertsSpec()
    """Who is notified of failed and late rotations."""
    waivers: dict[Name, WaiverSpec] = Field(default_factory=dict)
    """Findings of the policy pack that a team accepts until a given day, by name; in the stack file only."""

    @classmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - see Tiered
        """Return the colour of the tier."""
        return {"colour": context.defaults.colour}

    @field_validator("owners")
    @classmethod
    def _owned(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("must name at least one team responsible for the environment")
        return value

    @field_validator("keys")
    @classmethod
    def _own_names(cls, value: dict[str, KeySpec]) -> dict[str, KeySpec]:
        if OPERATIONS_KEY in value:
            raise ValueError(f"{OPERATIONS_KEY!r} is the name of a key that Keystead adds itself; choose another name")
        return value

    @field_validator("secrets")
    @classmethod
    def _fit_together(cls, value: dict[str, SecretSpec], info: ValidationInfo) -> dict[str, SecretSpec]:
        context = context_of(info)
        if context is not None:
            check_accounts(context.environment, value)
        check_renaming(value)
        return value

    @property
    def defaults(self) -> TierDefaults:
        """Defaults and limits of the environment's tier."""
        return TIERS[self.tier]

    def on(self, cloud: Cloud) -> bool:
        """Return whether the environment lives on a cloud."""
        return getattr(self, cloud) is not None

    @property
    def clouds(self) -> list[Cloud]:
        """The clouds the environment lives on, in the order they are shown."""
        return [cloud for cloud in CLOUDS if self.on(cloud)]

    @overload
    def scope(self, cloud: Literal["aws"]) -> AwsScope: ...
    @overload
    def scope(self, cloud: Literal["gcp"]) -> GcpScope: ...
    @overload
    def scope(self, cloud: Cloud) -> Scope: ...
    def scope(self, cloud: Cloud) -> Scope:
        """Return the names and labels of everything the environment owns on a cloud that it lives on."""
        section: AwsSpec | GcpSpec | None = getattr(self, cloud)
        if section is None:
            raise ValueError(f"environment {self.environment} does not live on {TITLES[cloud]}")
        return section.scope(self.environment, self.tier, tuple(self.owners))

    def keys_on(self, cloud: Cloud) -> dict[str, KeySpec]:
        """Return the keys on a cloud by name, sorted."""
        return {name: key for name, key in sorted(self.keys.items()) if cloud in key.clouds}

    def secrets_on(self, cloud: Cloud) -> dict[str, SecretSpec]:
        """Return the secrets on a cloud by name, sorted."""
        return {name: secret for name, secret in sorted(self.secrets.items()) if cloud in secret.clouds}

    def encryption_keys_on(self, cloud: Cloud) -> list[str]:
        """Return the names of the keys on a cloud that can encrypt secrets, sorted.

        What may use one of them for a secret may use them all: a secret can then move from one to another without a
        moment in which its readers have no right to the key that holds its value.
        """
        return [name for name, key in self.keys_on(cloud).items() if key.use == "encrypt"]

    def mirrored(self, secret: str) -> bool:
        """Return whether a secret lives on more than one cloud; one rotation then gives each the same value."""
        return len(self.secrets[secret].clouds) > 1

    def leader(self, secret: str) -> Cloud:
        """Return the cloud whose rotator makes the values of a secret."""
        return self.secrets[secret].clouds[0]

    def followers(self, secret: str) -> list[Cloud]:
        """Return the clouds that get the values of a mirrored secret from its leader."""
        return self.secrets[secret].clouds[1:]

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

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The new name of each secret that another one takes over the values of, by its old name."""
        return {one.renamed_from: name for name, one in self.secrets.items() if one.renamed_from is not None}

    def moving(self, cloud: Cloud) -> dict[str, str]:
        """Return the new name by the old one of the secrets whose values the rotator of this cloud moves."""
        return {old: new for old, new in sorted(self.renamed.items()) if self.leader(new) == cloud}

    def rotator_reads(self, secret: str, cloud: Cloud) -> bool:
        """Return whether the rotator of a cloud reads values of a secret: those it makes, and those it moves."""
        moving = self.moving(cloud)
        return not self.secrets[secret].rotation.by_hand or secret in moving or secret in moving.values()

    def rotated(self, cloud: Cloud) -> list[str]:
        """Return the names of the secrets whose values a function of this cloud makes, sorted.

        A mirrored secret is rotated by its leader alone, which gives the value to its followers. One that was renamed
        keeps its values and is rotated under its new name.
        """
        renamed = self.renamed
        return [
            name
            for name, secret in self.secrets_on(cloud).items()
            if not secret.rotation.by_hand and cloud == self.leader(name) and name not in renamed
        ]

    def relaxations(self) -> list[str]:
        """Return a line for each setting that is weaker than the tier's default, or reaches less than it seems to."""
        weaker = relaxations(self.defaults, self.keys, self.secrets, self.waivers)
        return [*weaker, *unreachable(self.restrictions, self.keys, self.secrets)]
