"""The typed spec of one environment, as `stacks/Pulumi.<env>.yaml` gives it over `stacks/base.yaml`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from keystead.errors import Problem, SpecError
from keystead.key_spec import Grant, Key, Region
from keystead.names import Name, Owner, check_environment
from keystead.principals import check_email, check_second_factor
from keystead.problems import path_of, shown, translate
from keystead.relaxations import relaxations
from keystead.restriction import Restriction
from keystead.scope import Scope
from keystead.secret_spec import Reader, Rotation, Secret, Shape, Trusted
from keystead.section import Section
from keystead.stackfile import CONFIG_KEY, Place, StackFile, merge, read
from keystead.surroundings import check_replica, surroundings, survey
from keystead.tiers import TIERS, Colour, Tier, TierDefaults

__all__ = [
    "Alerts",
    "Aws",
    "EnvironmentSpec",
    "Grant",
    "Key",
    "Reader",
    "Restriction",
    "RoleTrust",
    "Roles",
    "Rotation",
    "Secret",
    "Shape",
    "build",
    "load",
    "read_base",
]

RESERVED_KEYS = frozenset({"operations"})
"""Names of keys that Keystead itself makes in every environment."""


class Aws(Section):
    """Where the environment lives on AWS."""

    account: str = Field(json_schema_extra={"pattern": "^[0-9]{12}$"})
    """AWS account, 12 digits in quotes. The provider refuses to work in any other."""
    region: Region
    """AWS region that holds the originals."""
    replicas: list[Annotated[Region, AfterValidator(check_replica)]] = Field(default_factory=list)
    """Other regions that get replicas of secrets and of the keys that encrypt them."""
    shared: bool = False
    """Whether several environments live in this account, kept apart by names, tags and denies."""

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

    @field_validator("shared")
    @classmethod
    def _apart(cls, value: bool, info: ValidationInfo) -> bool:
        around = surroundings(info)
        if value and around is not None and "-" in around.environment:
            raise ValueError(
                f"in a shared account the name of an environment must have no hyphen: the names of a neighbour called "
                f"{around.environment.partition('-')[0]!r} could begin with {around.environment!r}; rename the stack"
            )
        return value


class RoleTrust(Section):
    """Who may assume a role of the environment."""

    trust: list[Trusted] = Field(default_factory=list)
    """ARNs of roles, users or accounts; by default whoever the account's own IAM policies allow."""


class BreakGlassTrust(Section):
    """Who may assume the role for emergencies, each with a second factor."""

    trust: list[Annotated[str, AfterValidator(check_second_factor)]] = Field(default_factory=list)
    """ARNs of users or accounts; by default the users whom the account's own IAM policies allow. A role cannot show a
    second factor."""


class Roles(Section):
    """The roles that people take."""

    administrators: RoleTrust = RoleTrust()
    """Manage keys and secrets, read no value."""
    auditors: RoleTrust = RoleTrust()
    """See settings and records, change nothing, read no value."""
    break_glass: BreakGlassTrust = BreakGlassTrust()
    """Reads in an emergency, from anywhere, with MFA."""


class Alerts(Section):
    """Who hears of failed and late rotations."""

    emails: list[Annotated[str, AfterValidator(check_email)]] = Field(default_factory=list)
    """E-mail addresses; each must confirm its subscription once."""


class EnvironmentSpec(Section):
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
    aws: Aws
    """Where the environment lives on AWS."""
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

    @model_validator(mode="before")
    @classmethod
    def _by_tier(cls, data: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        return data if around is None else {"colour": around.defaults.colour, **data}

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

    @property
    def defaults(self) -> TierDefaults:
        """Defaults and limits of the environment's tier."""
        return TIERS[self.tier]

    def scope(self) -> Scope:
        """Return the names and tags of everything this environment owns."""
        return Scope(
            environment=self.environment,
            tier=self.tier,
            account=self.aws.account,
            region=self.aws.region,
            owners=tuple(self.owners),
            shared=self.aws.shared,
        )

    def readers(self) -> list[str]:
        """Return the names of all workloads that read a secret, sorted; each has one role."""
        return sorted({reader for secret in self.secrets.values() for reader in secret.readers})

    def read_by(self, reader: str) -> list[str]:
        """Return the names of the secrets that a workload reads, sorted."""
        return sorted(name for name, secret in self.secrets.items() if reader in secret.readers)

    def restriction_of(self, secret: str, reader: str) -> Restriction | None:
        """Return the restriction a workload is under when it reads a secret, or None."""
        name = self.secrets[secret].readers[reader].restriction
        return None if name is None else self.restrictions[name]

    def rotated(self) -> list[str]:
        """Return the names of the secrets whose values are made in the cloud, sorted."""
        return sorted(name for name, secret in self.secrets.items() if secret.rotation.rotator != "manual")

    def relaxations(self) -> list[str]:
        """Return a line for each setting that is weaker than the tier's default, for people to see."""
        return relaxations(self.defaults, self.keys, self.secrets)


def load(environment: str, directory: Path) -> EnvironmentSpec:
    """Read an environment's stack file over `base.yaml` and check it; SpecError lists every problem with its line."""
    overlay = read(directory / f"Pulumi.{environment}.yaml", ("config", CONFIG_KEY))
    return _check(environment, overlay, read(directory / "base.yaml"))


def read_base(directory: Path) -> dict[str, Any]:
    """Read `base.yaml` alone, for a program that has the stack's part from Pulumi's configuration."""
    base = read(directory / "base.yaml")
    if base.problems:
        raise SpecError("base", [_problem(base, place, text) for place, text in base.problems])
    return base.data


def build(environment: str, overlay: Mapping[str, Any], base: Mapping[str, Any]) -> EnvironmentSpec:
    """Merge an environment's part over the base and check it; SpecError lists every problem with its file."""
    return _check(
        environment,
        StackFile(f"stacks/Pulumi.{environment}.yaml", dict(overlay)),
        StackFile("stacks/base.yaml", dict(base)),
    )


def _check(environment: str, overlay: StackFile, base: StackFile) -> EnvironmentSpec:
    problems = [_problem(file, place, text) for file in (overlay, base) for place, text in file.problems]
    if not (overlay.readable and base.readable):
        raise SpecError(environment, sorted(problems))
    data, misplaced = merge(base, overlay)
    problems += [_problem(overlay, place, text) for place, text in misplaced]
    problems += _foreign(environment, data, overlay, base)
    data.pop("environment", None)
    try:
        spec = EnvironmentSpec.model_validate({**data, "environment": environment}, context=survey(environment, data))
    except ValidationError as error:
        problems += [
            _problem(overlay if overlay.reach(place) >= base.reach(place) else base, place, text)
            for place, text in translate(error, EnvironmentSpec, environment)
        ]
    if problems:
        raise SpecError(environment, sorted(set(problems)))
    return spec


def _foreign(environment: str, data: Mapping[str, Any], overlay: StackFile, base: StackFile) -> Iterator[Problem]:
    """Yield what is wrong with the name of the environment itself."""
    try:
        check_environment(environment)
    except ValueError as error:
        yield Problem(CONFIG_KEY, f"environment {shown(environment)}: its name {error}", overlay.label)
    if "environment" in data:
        file = overlay if "environment" in overlay.data else base
        yield _problem(file, ("environment",), "comes from the name of the stack file; remove it")


def _problem(file: StackFile, place: Place, text: str) -> Problem:
    return Problem(path_of(place), text, file.origin(place))
