"""Secrets in the spec: what they are for, where they live and who reads them; never a value."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from keystead.model.clouds import CLOUDS, TITLES, Cloud, Clouds
from keystead.model.duration import Duration
from keystead.model.names import Name, Owner
from keystead.model.section import MisplacedError
from keystead.model.timestamp import Timestamp
from keystead.spec.context import SpecContext, Tiered, check_clouds, context_of
from keystead.spec.limits import check_purpose, check_replaceable, whole_days
from keystead.spec.readers import ReaderSpec, reference
from keystead.spec.rotation import ROTATES_ON, RotationSpec

_EXPIRES_ON: tuple[Cloud, ...] = ("gcp",)
"""Clouds that delete a secret by themselves when it expires."""


class SecretSpec(Tiered):
    """A named value in the secret store; the spec describes everything about it except the value."""

    purpose: Annotated[str, AfterValidator(check_purpose)]
    """What the secret gives access to, in one sentence of up to 250 characters."""
    owner: Owner
    """Team responsible for the secret; by default the environment's first owner."""
    key: str
    """Name of the key, with use encrypt, that encrypts the secret."""
    clouds: Clouds
    """Clouds the secret lives on: aws, gcp or both with the same value (mirrored); by default those of its key."""
    readers: dict[Name, ReaderSpec] = Field(default_factory=dict)
    """Workloads that read the secret, by name; the same name on another secret is the same role."""
    rotation: RotationSpec
    """How the value is replaced; by default with the rotator random, as often as the tier says."""
    replicas: bool = Field(default=True, validate_default=True)
    """Whether the secret is replicated to the environment's replica regions; its key must be replicated there too."""
    recovery_window: Annotated[
        Duration, whole_days(7, 30, "AWS Secrets Manager (RecoveryWindowInDays); 0d deletes at once", zero=True)
    ]
    """Time in which a deleted secret can be restored; 7 to 30 days, or 0d in tier low; by default the tier's."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete the secret; by default the tier's."""
    replace: bool = False
    """Whether a change of the locations that GCP stores the secret in, which it cannot make, replaces the secret by an
    empty one: its values are lost at once."""
    renamed_from: str | None = None
    """Name of the secret whose current and previous values this one takes over while it has none. The old one stays in
    the spec, with its readers and without rotation, until it is removed on purpose; then remove this line too."""
    expires: Timestamp | None = None
    """When GCP deletes the secret permanently, even a protected one; remove it from the spec by then. AWS has no such
    setting."""

    @classmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tier's settings, the environment's owner and the clouds of the key."""
        tier, key = context.defaults, context.keys.get(str(data.get("key")))
        return {
            "owner": context.owner,
            "clouds": list(key.clouds if key else context.clouds),
            "rotation": {},
            "recovery_window": tier.recovery_window,
            "protected": tier.protected,
        }

    def readers_on(self, cloud: Cloud) -> dict[str, ReaderSpec]:
        """Return the workloads that read the secret on a cloud, by name."""
        return {name: reader for name, reader in self.readers.items() if cloud in self.clouds and reader.on(cloud)}

    @field_validator("key")
    @classmethod
    def _encrypts(cls, value: str, info: ValidationInfo) -> str:
        context = context_of(info)
        if context is not None and value not in context.keys:
            raise ValueError(reference("key", value, context.keys))
        if context is not None and context.keys[value].use in {"sign", "mac"}:
            able = [name for name, key in context.keys.items() if key.use == "encrypt"]
            raise ValueError(
                f"must be a key with use encrypt, and {value!r} has use {context.keys[value].use}; "
                f"there are {', '.join(sorted(able)) or 'none yet'}"
            )
        return value

    @field_validator("clouds")
    @classmethod
    def _encrypted_there(cls, value: list[Cloud], info: ValidationInfo) -> list[Cloud]:
        check_clouds(value, info)
        context, key = context_of(info), info.data.get("key")
        beyond = [cloud for cloud in value if context is not None and key and cloud not in context.keys[key].clouds]
        if beyond:
            raise ValueError(
                f"the key {key} is not on {TITLES[beyond[0]]}; extend `clouds` of the key, or remove the cloud here"
            )
        return value

    @field_validator("readers")
    @classmethod
    def _held(cls, value: dict[str, ReaderSpec], info: ValidationInfo) -> dict[str, ReaderSpec]:
        context, clouds = context_of(info), info.data.get("clouds")
        if context is not None and clouds is not None:
            found = [
                ((name, *below), item, text)
                for name, reader in value.items()
                for below, item, text in reader.problems(clouds, context.restrictions)
            ]
            if found:
                raise MisplacedError(found)
        return value

    @field_validator("rotation")
    @classmethod
    def _rotates_there(cls, value: RotationSpec, info: ValidationInfo) -> RotationSpec:
        able = ROTATES_ON.get(value.rotator, CLOUDS)
        unable = [cloud for cloud in info.data.get("clouds", ()) if cloud not in able]
        if unable:
            text = f"works on {_titles(able)} only, and the secret is on {TITLES[unable[0]]}; {_only(able)}"
            raise MisplacedError([(("rotator",), value.rotator, text)])
        if value.rotator == "manual" and value.at is not None:
            text = "rotator manual has no setting at, since a person chooses the hour; remove it"
            raise MisplacedError([(("at",), value.at, text)])
        if problems := [*value.time_problems(info.data.get("clouds", ()), context_of(info))]:
            raise MisplacedError(problems)
        return value

    @field_validator("replicas")
    @classmethod
    def _readable_there(cls, value: bool, info: ValidationInfo) -> bool:
        context, key = context_of(info), info.data.get("key")
        if value and context is not None and key is not None:
            regions = context.replicas_on(info.data.get("clouds", context.clouds))
            missing = [region for region in regions if key in context.keys and region not in context.keys[key].replicas]
            if missing:
                raise ValueError(
                    f"the secret is replicated to {', '.join(missing)} and its key {key} is not; "
                    "set replicas: false here, or add a replica of the key there"
                )
        return value

    @field_validator("replace")
    @classmethod
    def _loses(cls, value: bool, info: ValidationInfo) -> bool:
        return check_replaceable(value, info)

    @field_validator("expires")
    @classmethod
    def _ends_there(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        unable = [cloud for cloud in info.data.get("clouds", ()) if cloud not in _EXPIRES_ON]
        if value is not None and unable:
            raise ValueError(f"is supported on {_titles(_EXPIRES_ON)} only; {_only(_EXPIRES_ON)}, or remove it")
        return value

    @field_validator("recovery_window")
    @classmethod
    def _recoverable(cls, value: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        if not value and context is not None and context.tier is not None and not context.defaults.recovery_optional:
            raise ValueError(f"must be 7d to 30d in tier {context.tier}; 0d, which deletes at once, is for tier low")
        return value


def _titles(clouds: Sequence[Cloud]) -> str:
    return " and ".join(TITLES[cloud] for cloud in clouds)


def _only(clouds: Sequence[Cloud]) -> str:
    return f"set `clouds: [{', '.join(clouds)}]` for the secret"
