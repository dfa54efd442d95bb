"""What one part of a spec must know of the rest to be judged, so that every problem is found in one pass."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, ValidationInfo

from keystead.clouds import CLOUDS, Cloud
from keystead.gcp import regions as gcp_regions
from keystead.names import OWNER_PATTERN
from keystead.principals import account_of
from keystead.regions import partition_of, partitions
from keystead.restriction import Restriction
from keystead.tiers import TIERS, Tier, TierDefaults


@dataclass(frozen=True)
class Surroundings:
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


def survey(environment: str, spec: Mapping[str, Any]) -> Surroundings:
    """Look over a spec that is not checked yet."""
    aws, gcp = _mapping(spec.get("aws")), _mapping(spec.get("gcp"))
    clouds = tuple(cloud for cloud in CLOUDS if spec.get(cloud) is not None) or CLOUDS
    tier: Any = spec.get("tier")
    known = isinstance(tier, str) and tier in TIERS
    region, location = aws.get("region"), gcp.get("location")
    replicas = tuple(item for item in _texts(aws.get("replicas")) if _replica_problem(item, region) is None)
    gcp_replicas = tuple(item for item in _texts(gcp.get("replicas")) if item in gcp_regions.REGIONS)
    keys = {name: _mapping(key) for name, key in _mapping(spec.get("keys")).items()}
    uses = {name: str(key.get("use", "encrypt")) for name, key in keys.items()}
    everywhere = (*replicas, *gcp_replicas)
    return Surroundings(
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
        key_clouds={
            name: tuple(cloud for cloud in clouds if cloud in _texts(key.get("clouds"))) or clouds
            for name, key in keys.items()
        },
        key_replicas={
            name: _texts(key.get("replicas", key_replicas(uses[name], everywhere))) for name, key in keys.items()
        },
        restrictions={name: _restriction(item) for name, item in _mapping(spec.get("restrictions")).items()},
    )


def surroundings(info: ValidationInfo) -> Surroundings | None:
    """Return what the check of a whole spec passes to its parts; None where a part is checked alone."""
    return info.context if isinstance(info.context, Surroundings) else None


def key_replicas(use: str, replicas: tuple[str, ...]) -> list[str]:
    """Return where a key is replicated by default: an encryption key follows the secrets, others stay in one region."""
    return list(replicas) if use == "encrypt" else []


def check_own(value: str, info: ValidationInfo) -> str:
    """Refuse a principal of another account: nothing crosses from one environment to another."""
    around = surroundings(info)
    if around is not None and around.account is not None and account_of(value) != around.account:
        raise ValueError(f"must belong to the environment's own account {around.account}; nothing crosses environments")
    return value


def check_replica(value: str, info: ValidationInfo) -> str:
    """Refuse a replica where the original is, or in another partition, where AWS replicates nothing to."""
    around = surroundings(info)
    problem = None if around is None else _replica_problem(value, around.region)
    if problem is not None:
        raise ValueError(problem)
    return value


def _replica_problem(value: str, region: Any) -> str | None:
    if region not in partitions():
        return None
    if value == region:
        return "must not be the region of the original; name other regions"
    if partition_of(value) != partition_of(region):
        return f"must be in the same AWS partition as {region}, which is {partition_of(region)}"
    return None


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
