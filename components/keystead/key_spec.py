"""Encryption keys in the spec: their use, rotation, protection, and who uses them beside the secrets."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from keystead.cloud_spec import Region
from keystead.clouds import Cloud, Clouds, cloud_of_region
from keystead.duration import Duration
from keystead.grants import GRANT_OPERATIONS, KeyUse
from keystead.limits import check_purpose, whole_days, within_tier
from keystead.names import Name, suggestion
from keystead.principals import check_principal
from keystead.section import Section
from keystead.surroundings import check_own, check_replica, key_replicas, surroundings

OwnPrincipal = Annotated[str, AfterValidator(check_principal), AfterValidator(check_own)]
"""ARN of one role, user or root of the environment's own account."""
_Replica = Annotated[Region, AfterValidator(check_replica)]


class Grant(Section):
    """Use of a key by one more principal of the account, handed out as a KMS grant instead of a policy statement."""

    principal: OwnPrincipal
    """ARN of the role or user that may use the key."""
    operations: list[str] = Field(json_schema_extra={"minItems": 1})
    """KMS operations granted, such as Decrypt; the key's use says which there are."""

    @field_validator("operations")
    @classmethod
    def _some(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("grants nothing; name operations such as Decrypt")
        return sorted(set(value))


class Key(Section):
    """One KMS key and its alias, usable only inside its environment."""

    use: KeyUse = "encrypt"
    """What the key is for: encrypt (AES-256), sign (ECC P-256), mac (HMAC-256). It cannot change later."""
    clouds: Clouds
    """Clouds the key is on: aws, gcp or both; by default those of the environment."""
    purpose: Annotated[str, AfterValidator(check_purpose)] = "data of this environment"
    """What the key protects, in one sentence of up to 250 characters; shown as its description."""
    rotation: Annotated[Duration, whole_days(90, 2560, "AWS KMS (RotationPeriodInDays)")] | None
    """Time between two rotations of the key's material; 90 to 2560 days, by default the tier's. KMS rotates encryption
    keys only: for sign and mac a rotation is a new key behind the same alias."""
    deletion_window: Annotated[Duration, whole_days(7, 30, "AWS KMS (PendingWindowInDays)")]
    """Time in which a deletion can be taken back; 7 to 30 days, by default the tier's."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete the key; by default the tier's."""
    replicas: list[_Replica]
    """Regions with a replica of the key; by default those of the environment for encryption keys, none for others."""
    users: list[OwnPrincipal] = Field(default_factory=list)
    """ARNs of roles and users of the account that use the key directly. Readers of secrets need no entry."""
    administrators: list[OwnPrincipal] = Field(default_factory=list)
    """ARNs of roles and users of the account that manage the key beside the environment's administrators."""
    grants: dict[Name, Grant] = Field(default_factory=dict)
    """Grants by name, for AWS services and workloads that cannot be named in the policy."""

    @model_validator(mode="before")
    @classmethod
    def _by_tier(cls, data: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if not isinstance(data, dict) or around is None:
            return data
        use, tier = data.get("use", "encrypt"), around.defaults
        return {
            "clouds": list(around.clouds),
            "rotation": None if use in {"sign", "mac"} else tier.key_rotation,
            "deletion_window": tier.deletion_window,
            "protected": tier.protected,
            "replicas": key_replicas(use, (*around.replicas, *around.gcp_replicas)),
            **data,
        }

    @field_validator("rotation")
    @classmethod
    def _rotates(cls, value: Any, info: ValidationInfo) -> Any:
        around = surroundings(info)
        if value is not None and info.data.get("use") in {"sign", "mac"}:
            raise ValueError(f"KMS does not rotate keys with use {info.data['use']}; remove it")
        if value is not None and around is not None and around.tier is not None:
            return within_tier(value, around.defaults.key_rotation_limit, around.tier)
        return value

    @field_validator("grants")
    @classmethod
    def _granted(cls, value: dict[str, Grant], info: ValidationInfo) -> dict[str, Grant]:
        use = info.data.get("use", "encrypt")
        for name, grant in value.items():
            for operation in grant.operations:
                if operation not in GRANT_OPERATIONS[use]:
                    raise ValueError(
                        f"grant {name} has operation {operation!r}; a grant on a key with use {use} can have "
                        f"{', '.join(GRANT_OPERATIONS[use])}{suggestion(operation, GRANT_OPERATIONS[use])}"
                    )
        return value

    def replicas_on(self, cloud: Cloud) -> list[str]:
        """Return the regions of one cloud that have a replica of the key."""
        return [region for region in self.replicas if cloud_of_region(region) == cloud]
