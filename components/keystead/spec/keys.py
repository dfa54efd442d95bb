"""Encryption keys in the spec: their use, rotation, protection, and who uses them beside the secrets."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from keystead.model.aws.grants import GRANT_OPERATIONS
from keystead.model.clouds import TITLES, Cloud, Clouds
from keystead.model.duration import Duration
from keystead.model.names import Name, suggestion
from keystead.model.regions import cloud_of_region
from keystead.model.section import MisplacedError, Section
from keystead.spec.context import SpecContext, Tiered, check_clouds, context_of
from keystead.spec.limits import check_days, check_purpose, check_replaceable, whole_days, within_tier
from keystead.spec.principals import OwnPrincipal, check_own_arn
from keystead.spec.regions import KeyReplica

KeyUse = Literal["encrypt", "sign", "mac"]
"""What a key is for: AES-256 encryption, ECC P-256 signatures, HMAC-256 authentication codes."""

_ROTATION_DAYS: Mapping[Cloud, tuple[int, int, str]] = {
    "aws": (90, 2560, "AWS KMS (RotationPeriodInDays)"),
    "gcp": (1, 36_500, "Cloud KMS (rotationPeriod)"),
}
"""Fewest and most days between two rotations, and where that limit is. Sources: the API references."""
_GRANTS_ON = frozenset[Cloud]({"aws"})
"""Clouds whose KMS has grants beside policies."""
_OWN_MATERIAL_ON = frozenset[Cloud]({"gcp"})
"""Clouds where a replica is a key with material of its own."""

_LEVELS_ON = frozenset[Cloud]({"gcp"})
"""Clouds where a key is in hardware on request only."""


class GrantSpec(Section):
    """Use of a key by one more principal of the account, given as a KMS grant instead of a policy statement."""

    principal: Annotated[str, AfterValidator(check_own_arn)]
    """ARN of the role or user that may use the key."""
    operations: list[str] = Field(json_schema_extra={"minItems": 1})
    """KMS operations granted, such as Decrypt; which ones there are depends on the key's use."""

    @field_validator("operations")
    @classmethod
    def _some(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("must name at least one operation, such as Decrypt")
        return sorted(set(value))


class KeySpec(Tiered):
    """One key, usable only inside its environment: on AWS a KMS key and its alias, on GCP a crypto key per location."""

    use: KeyUse = "encrypt"
    """What the key is for: encrypt (AES-256), sign (ECC P-256), mac (HMAC-256). It cannot be changed later, see
    `replace`."""
    clouds: Clouds
    """Clouds the key is on: aws, gcp or both; by default those of the environment."""
    purpose: Annotated[str, AfterValidator(check_purpose)] = "data of this environment"
    """What the key protects, in one sentence of up to 250 characters; shown as its description."""
    rotation: Duration | None
    """Time between two rotations of the key's material; 90 to 2560 days on AWS, at least 1 day on GCP; by default the
    tier's, and 90 days where the key is on GCP. Only encryption keys are rotated automatically: for sign and mac a
    rotation is a new key behind the same alias."""
    deletion_window: Annotated[Duration, whole_days(7, 30, "AWS KMS (PendingWindowInDays)")]
    """Time in which a deletion can be cancelled; 7 to 30 days, by default the tier's."""
    protected: bool
    """Whether `pulumi destroy` refuses to delete the key; by default the tier's."""
    hsm: bool
    """Whether GCP keeps the key in hardware; by default the tier's. It cannot be changed later: a key that is there
    keeps its own. On AWS every key is in hardware."""
    replace: bool = False
    """Whether a change that AWS cannot make to a key (`use`, the first of its `replicas`) replaces it by a new one:
    what the old one encrypted or signed is lost when its deletion window ends. GCP never frees the name of a key."""
    replicas: list[KeyReplica]
    """Regions of the key's clouds with a replica of the key, which on GCP is a key of its own; by default those of the
    environment for encryption keys, and none for others."""
    users: list[OwnPrincipal] = Field(default_factory=list)
    """ARNs of roles and users of the account, and members of GCP, that use the key directly. Readers of secrets are not
    listed here."""
    administrators: list[OwnPrincipal] = Field(default_factory=list)
    """ARNs of roles and users of the account, and members of GCP, that manage the key in addition to the
    environment's administrators."""
    grants: dict[Name, GrantSpec] = Field(default_factory=dict)
    """Grants of AWS KMS by name, for AWS services and workloads that the key policy cannot name."""

    @classmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tier's times and the environment's clouds and regions."""
        outline, tier = context.outline(data), context.defaults
        return {
            "clouds": list(outline.clouds),
            "rotation": None if outline.use in {"sign", "mac"} else tier.key_rotation_in(outline.clouds),
            "deletion_window": tier.deletion_window,
            "protected": tier.protected,
            "hsm": tier.hsm,
            "replicas": list(outline.replicas),
        }

    @field_validator("clouds")
    @classmethod
    def _there(cls, value: list[Cloud], info: ValidationInfo) -> list[Cloud]:
        check_clouds(value, info)
        return value

    @field_validator("rotation")
    @classmethod
    def _rotates(cls, value: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        if value is not None and info.data.get("use") in {"sign", "mac"}:
            raise ValueError(f"keys with use {info.data['use']} are not rotated automatically; remove it")
        for cloud in info.data.get("clouds", ()) if value is not None else ():
            check_days(value, *_ROTATION_DAYS[cloud])
        if value is not None and context is not None and context.tier is not None:
            return within_tier(value, context.defaults.key_rotation_limit, context.tier)
        return value

    @field_validator("replace")
    @classmethod
    def _loses(cls, value: bool, info: ValidationInfo) -> bool:
        return check_replaceable(value, info)

    @field_validator("replicas")
    @classmethod
    def _beside(cls, value: list[str], info: ValidationInfo) -> list[str]:
        clouds, use = info.data.get("clouds"), info.data.get("use", "encrypt")
        problems: list[tuple[tuple[int], str, str]] = []
        for number, region in enumerate(value):
            cloud = cloud_of_region(region)
            if clouds is not None and cloud not in clouds:
                text = f"is a region of {TITLES[cloud]}, and the key is not there; remove it or extend `clouds`"
                problems.append(((number,), region, text))
            elif cloud in _OWN_MATERIAL_ON and use != "encrypt":
                text = (
                    f"on {TITLES[cloud]} a replica has key material of its own, so it would not {use} as the original "
                    "does; remove it, or add a second key"
                )
                problems.append(((number,), region, text))
        if problems:
            raise MisplacedError(problems)
        return value

    @field_validator("grants")
    @classmethod
    def _granted(cls, value: dict[str, GrantSpec], info: ValidationInfo) -> dict[str, GrantSpec]:
        if value and _GRANTS_ON.isdisjoint(info.data.get("clouds", _GRANTS_ON)):
            raise ValueError("grants exist in AWS KMS only, and the key is not on AWS; list the principals in `users`")
        use = info.data.get("use", "encrypt")
        for name, grant in value.items():
            for operation in grant.operations:
                if operation not in GRANT_OPERATIONS[use]:
                    raise ValueError(
                        f"grant {name} has operation {operation!r}; on a key with use {use} the operations are "
                        f"{', '.join(GRANT_OPERATIONS[use])}{suggestion(operation, GRANT_OPERATIONS[use])}"
                    )
        return value

    @property
    def in_software(self) -> bool:
        """Whether a cloud keeps the key in software."""
        return not self.hsm and not _LEVELS_ON.isdisjoint(self.clouds)

    def replicas_on(self, cloud: Cloud) -> list[str]:
        """Return the regions of one cloud that have a replica of the key."""
        return [region for region in self.replicas if cloud_of_region(region) == cloud]
