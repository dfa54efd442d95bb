"""Secrets in the spec: what they are for, where they live, who reads them. Never a value."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from keystead.model.clouds import TITLES, Cloud, Clouds
from keystead.model.duration import Duration
from keystead.model.names import Name, Owner
from keystead.model.section import MisplacedError
from keystead.model.timestamp import Timestamp
from keystead.spec.context import SpecContext, Tiered, check_clouds, context_of, key_replicas
from keystead.spec.limits import check_purpose, whole_days
from keystead.spec.readers import ReaderSpec, reference
from keystead.spec.rotation import RotationSpec


class SecretSpec(Tiered):
    """A named value in the secret store; the spec says everything about it but the value."""

    purpose: Annotated[str, AfterValidator(check_purpose)]
    """What the secret opens, in one sentence of up to 250 characters."""
    owner: Owner
    """Team that answers for the secret; by default the environment's first owner."""
    key: str
    """Name of the key, with use encrypt, that encrypts the secret."""
    clouds: Clouds
    """Clouds the secret lives on: aws, gcp or both, with the same value; by default those of its key."""
    readers: dict[Name, ReaderSpec] = Field(default_factory=dict)
    """Workloads that read the secret, by name; the same name on another secret is the same role."""
    rotation: RotationSpec
    """How the value is replaced; by default the rotator random at the tier's pace."""
    replicas: bool = Field(default=True, validate_default=True)
    """Whether the secret is replicated to the environment's replica regions; its key has to be there too."""
    recovery_window: Annotated[
        Duration, whole_days(7, 30, "AWS Secrets Manager (RecoveryWindowInDays); 0d deletes at once", zero=True)
    ]
    """Time in which a deleted secret can be restored; 7 to 30 days, or 0d in tier low; by default the tier's."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete the secret; by default the tier's."""
    expires: Timestamp | None = None
    """When GCP deletes the secret by itself and for good, a protected one too; take it out of the spec then. AWS has
    nothing like it."""

    @classmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tier's settings, the environment's owner and the clouds of the key."""
        tier = context.defaults
        return {
            "owner": context.owner,
            "clouds": list(context.key_clouds.get(str(data.get("key")), context.clouds)),
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
        if context is not None and value not in context.key_uses:
            raise ValueError(reference("key", value, context.key_uses))
        if context is not None and context.key_uses[value] in {"sign", "mac"}:
            able = [name for name, use in context.key_uses.items() if use == "encrypt"]
            raise ValueError(
                f"must be a key with use encrypt, and {value!r} has use {context.key_uses[value]}; "
                f"there are {', '.join(sorted(able)) or 'none yet'}"
            )
        return value

    @field_validator("clouds")
    @classmethod
    def _encrypted_there(cls, value: list[Cloud], info: ValidationInfo) -> list[Cloud]:
        check_clouds(value, info)
        context, key = context_of(info), info.data.get("key")
        beyond = [cloud for cloud in value if context is not None and key and cloud not in context.key_clouds[key]]
        if beyond:
            raise ValueError(
                f"the key {key} is not on {TITLES[beyond[0]]}; give the key `clouds`, or take it away here"
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
        if value.rotator == "service-account-key" and "aws" in info.data.get("clouds", ()):
            text = "makes keys on GCP, and the secret is on AWS; write `clouds: [gcp]` for the secret"
            raise MisplacedError([(("rotator",), value.rotator, text)])
        return value

    @field_validator("replicas")
    @classmethod
    def _readable_there(cls, value: bool, info: ValidationInfo) -> bool:
        context, key = context_of(info), info.data.get("key")
        if value and context is not None and key is not None:
            _check_replicas(context, key, info.data.get("clouds", context.clouds))
        return value

    @field_validator("expires")
    @classmethod
    def _ends_there(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value is not None and "aws" in info.data.get("clouds", ()):
            raise ValueError("ends secrets on GCP alone; write `clouds: [gcp]` for the secret, or take it away")
        return value

    @field_validator("recovery_window")
    @classmethod
    def _recoverable(cls, value: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        if not value and context is not None and context.tier is not None and not context.defaults.recovery_optional:
            raise ValueError(f"must be 7d to 30d in tier {context.tier}; 0d, which deletes at once, is for tier low")
        return value


def _check_replicas(context: SpecContext, key: str, clouds: Sequence[Cloud]) -> None:
    regions = key_replicas("encrypt", (*context.replicas, *context.gcp_replicas), clouds)
    missing = [region for region in regions if region not in context.key_replicas.get(key, ())]
    if missing:
        raise ValueError(
            f"the secret goes to {', '.join(missing)} but its key {key} does not; "
            "set replicas: false here, or give the key a replica there"
        )
