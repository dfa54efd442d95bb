"""What one part of a spec must know of the rest to be judged, so that every problem is found in one pass."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, ValidationInfo, model_validator

from keystead.model.aws.regions import replica_problem
from keystead.model.clouds import CLOUDS, Cloud, cloud_of_region
from keystead.model.gcp import regions as gcp_regions
from keystead.model.names import OWNER_PATTERN
from keystead.model.section import Section
from keystead.model.tiers import TIERS, Tier, TierDefaults
from keystead.restrictions.restriction import Restriction


@dataclass(frozen=True)
class SpecContext:
    """The rest of the spec as far as it can be read; what cannot is None or left out, and reported by its own check."""

    environment: str
    tier: Tier | None
    defaults: TierDefaults
    """Defaults of the tier; those of `critical` where the tier cannot be read."""
    clouds: tuple[Cloud, ...]
    """Clouds the environment lives on; both where it says none, which is reported by its own check."""
    account: str | None
    region: str | None
    replicas: tuple[str, ...]
    """AWS regions of the environment's replicas."""
    project: str | None
    number: str | None
    location: str | None
    gcp_replicas: tuple[str, ...]
    """GCP regions of the environment's replicas."""
    owner: str
    """First of the environment's owners."""
    key_uses: Mapping[str, str]
    """Use of each key by name."""
    key_clouds: Mapping[str, tuple[Cloud, ...]]
    """Clouds of each key by name."""
    key_replicas: Mapping[str, tuple[str, ...]]
    """Regions of each key's replicas by name."""
    restrictions: Mapping[str, Restriction | None]
    """Restrictions by name; None where one cannot be read."""


def read_context(environment: str, spec: Mapping[str, Any]) -> SpecContext:
    """Look over a spec that is not checked yet."""
    aws, gcp = _mapping(spec.get("aws")), _mapping(spec.get("gcp"))
    clouds = tuple(cloud for cloud in CLOUDS if spec.get(cloud) is not None) or CLOUDS
    tier: Any = spec.get("tier")
    known = isinstance(tier, str) and tier in TIERS
    region, location = aws.get("region"), gcp.get("location")
    replicas = tuple(item for item in _texts(aws.get("replicas")) if replica_problem(item, region) is None)
    gcp_replicas = tuple(item for item in _texts(gcp.get("replicas")) if item in gcp_regions.REGIONS - {location})
    keys = {name: _mapping(key) for name, key in _mapping(spec.get("keys")).items()}
    uses = {name: str(key.get("use", "encrypt")) for name, key in keys.items()}
    key_clouds = {
        name: tuple(cloud for cloud in clouds if cloud in _texts(key.get("clouds"))) or clouds
        for name, key in keys.items()
    }
    everywhere = (*replicas, *gcp_replicas)
    return SpecContext(
        environment=environment,
        tier=tier if known else None,
        defaults=TIERS[tier if known else "critical"],
        clouds=clouds,
        account=_text(aws.get("account")),
        region=_text(region),
        replicas=replicas,
        project=_text(gcp.get("project")),
        number=_text(gcp.get("number")),
        location=_text(location),
        gcp_replicas=gcp_replicas,
        owner=next((owner for owner in _texts(spec.get("owners")) if re.fullmatch(OWNER_PATTERN, owner)), "nobody"),
        key_uses=uses,
        key_clouds=key_clouds,
        key_replicas={
            name: _texts(key.get("replicas", key_replicas(uses[name], everywhere, key_clouds[name])))
            for name, key in keys.items()
        },
        restrictions={name: _restriction(item) for name, item in _mapping(spec.get("restrictions")).items()},
    )


def context_of(info: ValidationInfo) -> SpecContext | None:
    """Return what the check of a whole spec passes to its parts; None where a part is checked alone."""
    return info.context if isinstance(info.context, SpecContext) else None


class Tiered(Section):
    """A section whose settings have defaults out of the environment's tier and of the rest of the spec."""

    @classmethod
    @abstractmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults of what the spec leaves out."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        return {**cls.defaults_for(context, data), **data} if isinstance(data, dict) and context is not None else data


def key_replicas(use: str, regions: Iterable[str], clouds: Sequence[Cloud]) -> list[str]:
    """Return where a key is replicated by default: an encryption key follows the secrets, others stay in one region."""
    return [region for region in regions if cloud_of_region(region) in clouds] if use == "encrypt" else []


def check_clouds(value: list[Cloud], info: ValidationInfo) -> None:
    """Refuse a cloud that the environment does not live on."""
    context = context_of(info)
    missing = [cloud for cloud in value if context is not None and cloud not in context.clouds]
    if missing:
        raise ValueError(f"must name clouds of the environment; take {missing[0]} away or write `{missing[0]}:`")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _restriction(value: Any) -> Restriction | None:
    try:
        return Restriction.model_validate(value)
    except ValidationError:
        return None
