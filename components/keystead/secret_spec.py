"""Secrets in the spec: what they are for, who reads them from where, how their values come and go. Never a value."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from keystead.aws.restriction import unheld
from keystead.clouds import Cloud, Clouds
from keystead.duration import Duration, default_overlap
from keystead.functions.contract import ALPHABETS, MAXIMUM_LENGTH, MINIMUM_BITS, least_length
from keystead.limits import check_purpose, whole_days, whole_hours, within_tier
from keystead.names import Name, Owner, suggestion
from keystead.principals import check_trusted
from keystead.section import Section
from keystead.surroundings import Surroundings, surroundings

Trusted = Annotated[str, AfterValidator(check_trusted)]
"""ARN of one role, user or root, or an AWS service such as ecs-tasks.amazonaws.com."""

Rotator = Literal["random", "manual"]
"""`random` makes values in the cloud; `manual` reminds people to bring one."""


class Shape(Section):
    """What a generated value looks like: the prefix, then `length` characters drawn from the alphabet."""

    alphabet: Literal["alphanumeric", "hex", "base64url", "printable"] = "alphanumeric"
    """Characters to draw from; printable is ASCII without space, quotes and backslash."""
    length: int = Field(json_schema_extra={"minimum": 40, "maximum": MAXIMUM_LENGTH})
    """Drawn characters, not counting the prefix; at least as many as carry 256 bits (32 random bytes), at most 4096; by
    default 48, or 64 of hex."""
    prefix: str = Field(default="", json_schema_extra={"pattern": "^[A-Za-z0-9_-]{0,32}$"})
    """Fixed text in front, so that people and scanners recognise the value; letters, digits, _ and -, at most 32."""

    @model_validator(mode="before")
    @classmethod
    def _long(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("alphabet", "alphanumeric") not in ALPHABETS:
            return data
        return {"length": max(48, least_length(data.get("alphabet", "alphanumeric"))), **data}

    @field_validator("length")
    @classmethod
    def _enough(cls, value: int, info: ValidationInfo) -> int:
        alphabet = info.data.get("alphabet")
        if alphabet is not None and not least_length(alphabet) <= value <= MAXIMUM_LENGTH:
            raise ValueError(
                f"must be {least_length(alphabet)} to {MAXIMUM_LENGTH}: with the alphabet {alphabet} fewer characters "
                f"carry less than {MINIMUM_BITS} bits"
            )
        return value

    @field_validator("prefix")
    @classmethod
    def _plain(cls, value: str) -> str:
        if len(value) > 32 or not all(char.isascii() and (char.isalnum() or char in "_-") for char in value):
            raise ValueError("must be at most 32 letters, digits, _ or -")
        return value


class Rotation(Section):
    """How a secret's value is replaced and how long the previous one stays valid."""

    rotator: Rotator = "random"
    """random: the cloud makes every value, the first one included. manual: a person brings it, and is reminded."""
    every: Annotated[Duration, whole_hours(4, "AWS Secrets Manager")]
    """Time between two rotations, or reminders; whole hours from 4 on, by default and at most the tier's."""
    overlap: Duration
    """How long the previous value stays readable; less than `every`, by default the tier's or a third of `every`."""
    shape: Shape = Field(default_factory=lambda: Shape.model_validate({}))
    """What `random` makes; 48 letters and digits by default."""

    @model_validator(mode="before")
    @classmethod
    def _by_tier(cls, data: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if not isinstance(data, dict) or around is None:
            return data
        every = data.get("every", around.defaults.secret_every)
        return {"every": every, "overlap": default_overlap(every, around.defaults.overlap), **data}

    @field_validator("every")
    @classmethod
    def _often_enough(cls, value: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if around is None or around.tier is None:
            return value
        return within_tier(value, around.defaults.secret_every_limit, around.tier)

    @field_validator("overlap")
    @classmethod
    def _shorter(cls, value: Any, info: ValidationInfo) -> Any:
        every = info.data.get("every")
        if every is not None and value >= every:
            raise ValueError("must be less than `every`, since a secret has one previous value at a time")
        return value

    @field_validator("shape", mode="before")
    @classmethod
    def _made(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("rotator") == "manual":
            raise ValueError("rotator manual makes no value; remove the shape or use rotator random")
        return value


class PerCloud(Section):
    """Names of restrictions, one for each cloud, where no restriction could be held by both."""

    aws: str | None = None
    """Name of the restriction on AWS; none by default."""
    gcp: str | None = None
    """Name of the restriction on GCP; none by default."""


class Reader(Section):
    """A workload that reads a secret, through the environment's role for that workload."""

    restriction: (
        Annotated[
            Annotated[str, Tag("[name]")] | Annotated[PerCloud, Tag("[clouds]")],
            Discriminator(lambda value: "[clouds]" if isinstance(value, dict | PerCloud) else "[name]"),
        ]
        | None
    ) = None
    """Name of the restriction the reader is under, or one name per cloud, {aws: mesh, gcp: hours}; none by default."""
    trust: list[Trusted] = Field(default_factory=list)
    """Who may assume the reader's role: ARNs, or services such as ecs-tasks.amazonaws.com; by default whoever the
    account's own IAM policies allow."""

    def restriction_on(self, cloud: Cloud) -> str | None:
        """Return the name of the restriction the reader is under on a cloud, or None."""
        if isinstance(self.restriction, PerCloud):
            return self.restriction.aws if cloud == "aws" else self.restriction.gcp
        return self.restriction

    @field_validator("restriction")
    @classmethod
    def _known(cls, value: str | PerCloud | None, info: ValidationInfo) -> str | PerCloud | None:
        around = surroundings(info)
        if value is None or isinstance(value, PerCloud) or around is None:
            return value
        if value not in around.restrictions:
            raise ValueError(_reference("restriction", value, around.restrictions))
        restriction = around.restrictions[value]
        problems = [] if restriction is None else unheld(restriction, "aws-secret-policy")
        if problems:
            raise ValueError(f"{'; '.join(problems)}; take another restriction for this reader")
        return value


class Secret(Section):
    """A named value in the secret store; the spec says everything about it but the value."""

    purpose: Annotated[str, AfterValidator(check_purpose)]
    """What the secret opens, in one sentence of up to 250 characters."""
    owner: Owner
    """Team that answers for the secret; by default the environment's first owner."""
    key: str
    """Name of the key, with use encrypt, that encrypts the secret."""
    clouds: Clouds
    """Clouds the secret lives on: aws, gcp or both, with the same value; by default those of its key."""
    readers: dict[Name, Reader] = Field(default_factory=dict)
    """Workloads that read the secret, by name; the same name on another secret is the same role."""
    rotation: Rotation
    """How the value is replaced; by default the rotator random at the tier's pace."""
    replicas: bool = Field(default=True, validate_default=True)
    """Whether the secret is replicated to the environment's replica regions; its key has to be there too."""
    recovery_window: Annotated[
        Duration, whole_days(7, 30, "AWS Secrets Manager (RecoveryWindowInDays); 0d deletes at once", zero=True)
    ]
    """Time in which a deleted secret can be restored; 7 to 30 days, or 0d in tier low; by default the tier's."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete the secret; by default the tier's."""

    @model_validator(mode="before")
    @classmethod
    def _by_tier(cls, data: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if not isinstance(data, dict) or around is None:
            return data
        tier = around.defaults
        filled = {"rotation": {}, "recovery_window": tier.recovery_window, "protected": tier.protected}
        clouds = list(around.key_clouds.get(str(data.get("key")), around.clouds))
        return {"owner": around.owner, "clouds": clouds, **filled, **data}

    @field_validator("key")
    @classmethod
    def _encrypts(cls, value: str, info: ValidationInfo) -> str:
        around = surroundings(info)
        if around is not None and value not in around.key_uses:
            raise ValueError(_reference("key", value, around.key_uses))
        if around is not None and around.key_uses[value] in {"sign", "mac"}:
            able = [name for name, use in around.key_uses.items() if use == "encrypt"]
            raise ValueError(
                f"must be a key with use encrypt, and {value!r} has use {around.key_uses[value]}; "
                f"there are {', '.join(sorted(able)) or 'none yet'}"
            )
        return value

    @field_validator("replicas")
    @classmethod
    def _readable_there(cls, value: bool, info: ValidationInfo) -> bool:
        around, key = surroundings(info), info.data.get("key")
        if value and around is not None and key is not None:
            _check_replicas(around, key)
        return value

    @field_validator("recovery_window")
    @classmethod
    def _recoverable(cls, value: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if not value and around is not None and around.tier is not None and not around.defaults.recovery_optional:
            raise ValueError(f"must be 7d to 30d in tier {around.tier}; 0d, which deletes at once, is for tier low")
        return value


def _check_replicas(around: Surroundings, key: str) -> None:
    missing = [region for region in around.replicas if region not in around.key_replicas.get(key, ())]
    if missing:
        raise ValueError(
            f"the secret goes to {', '.join(missing)} but its key {key} does not; "
            "set replicas: false here, or give the key a replica there"
        )


def _reference(kind: str, name: str, known: Any) -> str:
    names = ", ".join(sorted(known)) or "none yet"
    return f"must be the name of a {kind}; there are {names}{suggestion(name, known)}"
