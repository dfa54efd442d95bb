"""What the check of one part of a spec must know of the rest, so that every problem is found in one pass."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, ValidationInfo, model_validator

from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.names import OWNER_PATTERN
from keystead.model.regions import REGIONS
from keystead.model.scopes import SCOPES
from keystead.model.section import Section
from keystead.model.tiers import TIERS, Tier, TierDefaults
from keystead.restrictions.restriction import Restriction


@dataclass(frozen=True)
class Home:
    """The account or project of the environment on one cloud; what cannot be read is None or left out."""

    name: str | None
    """Id of the account or project."""
    number: str | None
    """Number of a GCP project."""
    region: str | None
    """Region or location of the originals."""
    replicas: tuple[str, ...]
    """Regions of replicas that can be used."""


@dataclass(frozen=True)
class KeyOutline:
    """What other parts of a spec must know of a key, as the spec gives it or by default."""

    use: str
    clouds: tuple[Cloud, ...]
    replicas: tuple[str, ...]


@dataclass(frozen=True)
class SpecContext:
    """The rest of the spec as far as it can be read; what cannot is None or left out, and reported by its own check."""

    environment: str
    tier: Tier | None
    defaults: TierDefaults
    """Defaults of the tier; those of `critical` where the tier cannot be read."""
    clouds: tuple[Cloud, ...]
    """Clouds the environment lives on; all where it names none, which is reported by its own check."""
    homes: Mapping[Cloud, Home]
    """The account or project on each cloud there is."""
    owner: str
    """First of the environment's owners."""
    keys: Mapping[str, KeyOutline]
    """The keys by name."""
    restrictions: Mapping[str, Restriction | None]
    """Restrictions by name; None where one cannot be read."""

    def replicas_on(self, clouds: Sequence[Cloud]) -> list[str]:
        """Return the regions of the environment's replicas on these clouds."""
        return [region for cloud in CLOUDS if cloud in clouds for region in self.homes[cloud].replicas]

    def outline(self, key: Mapping[str, Any]) -> KeyOutline:
        """Return what is known of a key, from the spec's part for it."""
        return _outline(key, self.clouds, self.homes)


def read_context(environment: str, spec: Mapping[str, Any]) -> SpecContext:
    """Read the context from a spec that is not checked yet."""
    clouds = tuple(cloud for cloud in CLOUDS if spec.get(cloud) is not None) or CLOUDS
    homes = {cloud: _home(cloud, _mapping(spec.get(cloud))) for cloud in CLOUDS}
    tier: Any = spec.get("tier")
    known = isinstance(tier, str) and tier in TIERS
    return SpecContext(
        environment=environment,
        tier=tier if known else None,
        defaults=TIERS[tier if known else "critical"],
        clouds=clouds,
        homes=homes,
        owner=next((owner for owner in _texts(spec.get("owners")) if re.fullmatch(OWNER_PATTERN, owner)), "nobody"),
        keys={name: _outline(_mapping(key), clouds, homes) for name, key in _mapping(spec.get("keys")).items()},
        restrictions={name: _restriction(item) for name, item in _mapping(spec.get("restrictions")).items()},
    )


def context_of(info: ValidationInfo) -> SpecContext | None:
    """Return the context that the check of a whole spec passes to its parts; None where a part is checked alone."""
    return info.context if isinstance(info.context, SpecContext) else None


class Tiered(Section):
    """A section whose settings have defaults from the environment's tier and from the rest of the spec."""

    @classmethod
    @abstractmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults of the settings that the spec leaves out."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        return {**cls.defaults_for(context, data), **data} if isinstance(data, dict) and context is not None else data


def check_clouds(value: list[Cloud], info: ValidationInfo) -> None:
    """Refuse a cloud that the environment does not live on."""
    context = context_of(info)
    missing = [cloud for cloud in value if context is not None and cloud not in context.clouds]
    if missing:
        raise ValueError(
            f"must name clouds of the environment; remove {missing[0]} here, or add `{missing[0]}:` to the environment"
        )


def _home(cloud: Cloud, section: Mapping[str, Any]) -> Home:
    scope, regions = SCOPES[cloud], REGIONS[cloud]
    region = _text(section.get(scope.region_kind))
    replicas = (item for item in _texts(section.get("replicas")) if item in regions.names())
    return Home(
        name=_text(section.get(scope.home_kind)),
        number=_text(section.get("number")),
        region=region,
        replicas=tuple(item for item in replicas if regions.replica_problem(item, region) is None),
    )


def _outline(key: Mapping[str, Any], clouds: Sequence[Cloud], homes: Mapping[Cloud, Home]) -> KeyOutline:
    """Return a key's outline; by default an encryption key is replicated as secrets are, and others are not."""
    use = str(key.get("use", "encrypt"))
    own = tuple(cloud for cloud in clouds if cloud in _texts(key.get("clouds"))) or tuple(clouds)
    replicas = [region for cloud in own for region in homes[cloud].replicas] if use == "encrypt" else []
    return KeyOutline(use, own, _texts(key.get("replicas", replicas)))


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
