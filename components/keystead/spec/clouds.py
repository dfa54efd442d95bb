"""Where an environment lives, in the spec: its AWS account and its GCP project, and the regions of each."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from keystead.model.aws.scope import AwsScope
from keystead.model.gcp import regions as gcp_regions
from keystead.model.gcp.scope import GcpScope
from keystead.model.names import GCP_RESERVED
from keystead.model.section import Section
from keystead.model.tiers import Tier
from keystead.spec.context import context_of
from keystead.spec.regions import GCP_REGION_PATTERN, GcpRegion, Region, check_replica

PROJECT_PATTERN = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
NUMBER_PATTERN = r"^[1-9][0-9]{5,18}$"
KEY_RING_PATTERN = r"^[a-zA-Z0-9_-]{1,63}$"


def _check_alone(value: bool, info: ValidationInfo) -> bool:
    """Refuse to share where the names of two environments could overlap."""
    context = context_of(info)
    if value and context is not None and "-" in context.environment:
        where = "account" if "account" in info.data else "project"
        raise ValueError(
            f"in a shared {where} the name of an environment must have no hyphen: names of an environment called "
            f"{context.environment.partition('-')[0]!r} could also begin with {context.environment!r}; rename the stack"
        )
    return value


class AwsSpec(Section):
    """Where the environment lives on AWS."""

    account: str = Field(json_schema_extra={"pattern": "^[0-9]{12}$"})
    """AWS account, 12 digits in quotes. The provider refuses to work in any other account."""
    region: Region
    """AWS region that holds the originals."""
    replicas: list[Annotated[Region, AfterValidator(check_replica("aws"))]] = Field(default_factory=list)
    """Other regions that get replicas of secrets and of the keys that encrypt them."""
    shared: Annotated[bool, AfterValidator(_check_alone)] = False
    """Whether several environments live in this account, separated by names, tags and deny statements."""

    def scope(self, environment: str, tier: Tier, owners: tuple[str, ...]) -> AwsScope:
        """Return the names and tags of everything an environment owns here."""
        return AwsScope(
            environment=environment,
            tier=tier,
            owners=owners,
            shared=self.shared,
            account=self.account,
            region=self.region,
            replicas=tuple(self.replicas),
        )

    @field_validator("account", mode="before")
    @classmethod
    def _digits(cls, value: Any) -> Any:
        if isinstance(value, int):
            raise ValueError(
                f'must be 12 digits in quotes, such as "{abs(value):012}": a number loses its leading zeros'
            )
        if isinstance(value, str) and not (len(value) == 12 and value.isascii() and value.isdigit()):
            raise ValueError('must be 12 digits in quotes, such as "123456789012"')
        return value


class GcpSpec(Section):
    """Where the environment lives on GCP."""

    project: str = Field(json_schema_extra={"pattern": PROJECT_PATTERN})
    """Id of the GCP project, such as acme-prod."""
    number: str = Field(json_schema_extra={"pattern": NUMBER_PATTERN})
    """Number of the GCP project, digits in quotes. The provider refuses to work in a project with another number."""
    location: Annotated[
        str,
        Field(json_schema_extra={"pattern": f"^global$|{GCP_REGION_PATTERN}"}),
        AfterValidator(gcp_regions.check_location),
    ]
    """GCP region that holds the originals, or global, where Google chooses where secrets are stored."""
    region: GcpRegion
    """GCP region where the rotator runs; by default the location, and required where that is global."""
    replicas: list[Annotated[GcpRegion, AfterValidator(check_replica("gcp"))]] = Field(default_factory=list)
    """Other regions that get replicas of secrets and a key of their own to encrypt them."""
    key_ring: str | None = Field(default=None, json_schema_extra={"pattern": KEY_RING_PATTERN})
    """Name of an existing key ring to adopt, in every location; by default a new one with the environment's name. Key
    rings can never be deleted on GCP, see `generation`."""
    generation: int = Field(default=1, json_schema_extra={"minimum": 1, "maximum": 99})
    """How many times the environment was created, 1 to 99. Raise it after `pulumi destroy`: GCP never frees names of
    key rings, and frees those of workload identity pools after 30 days; from 2 on these names contain it."""
    shared: Annotated[bool, AfterValidator(_check_alone)] = False
    """Whether several environments live in this project, separated by names and conditions."""

    def scope(self, environment: str, tier: Tier, owners: tuple[str, ...]) -> GcpScope:
        """Return the names and labels of everything an environment owns here."""
        return GcpScope(
            environment=environment,
            tier=tier,
            owners=owners,
            shared=self.shared,
            project=self.project,
            number=self.number,
            location=self.location,
            region=self.region,
            replicas=tuple(self.replicas),
            key_ring=self.key_ring,
            generation=self.generation,
        )

    @model_validator(mode="before")
    @classmethod
    def _near(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("location") == gcp_regions.GLOBAL:
            return data
        location = data.get("location")
        # Where the location is invalid, any region is used in its place: the location itself is reported.
        known = isinstance(location, str) and location in gcp_regions.REGIONS
        return {"region": location if known else min(gcp_regions.REGIONS), **data}

    @field_validator("project")
    @classmethod
    def _id(cls, value: str, info: ValidationInfo) -> str:
        context = context_of(info)
        if not re.fullmatch(PROJECT_PATTERN, value, re.ASCII):
            raise ValueError(
                "must be the id of a project, not its name or number: 6 to 30 lower-case letters, digits and hyphens"
            )
        if context is not None and re.match(GCP_RESERVED, context.environment):
            raise ValueError(
                f"an environment on GCP cannot be called {context.environment!r}: GCP reserves names that begin with "
                "gcp- or goog, or contain google; rename the stack"
            )
        return value

    @field_validator("number", mode="before")
    @classmethod
    def _digits(cls, value: Any) -> Any:
        if isinstance(value, int):
            raise ValueError(
                f'must be in quotes, such as "{abs(value)}": it identifies a project and is not a quantity'
            )
        if isinstance(value, str) and not re.fullmatch(NUMBER_PATTERN, value, re.ASCII):
            raise ValueError(
                'must be the number of the project, 6 to 19 digits in quotes, such as "123456789012"; '
                "`gcloud projects describe` shows it"
            )
        return value

    @field_validator("replicas")
    @classmethod
    def _elsewhere(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if value and info.data.get("location") == gcp_regions.GLOBAL:
            raise ValueError("must be empty where location is global: Google chooses where secrets are stored there")
        return value

    @field_validator("generation")
    @classmethod
    def _counted(cls, value: int) -> int:
        if not 1 <= value <= 99:
            raise ValueError("must be 1 to 99: how many times the environment was created")
        return value

    @field_validator("key_ring")
    @classmethod
    def _ring(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(KEY_RING_PATTERN, value, re.ASCII):
            raise ValueError("must be the name of a key ring: 1 to 63 letters, digits, _ and -")
        return value
