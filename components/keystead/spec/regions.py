"""Regions in the spec: of each cloud, and of replicas, which lie elsewhere than the originals."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.regions import REGIONS, check_region, cloud_of_region
from keystead.spec.context import context_of

REGION_PATTERN = "^[a-z]+(-[a-z]+)+-[0-9]+$"
GCP_REGION_PATTERN = "^[a-z]+-[a-z]+[0-9]+$"


def _of(cloud: Cloud) -> AfterValidator:
    return AfterValidator(lambda value: check_region(value, [cloud]))


Region = Annotated[str, Field(json_schema_extra={"pattern": REGION_PATTERN}), _of("aws")]
"""Name of an AWS region."""
GcpRegion = Annotated[str, Field(json_schema_extra={"pattern": GCP_REGION_PATTERN}), _of("gcp")]
"""Name of a GCP region."""


def check_replica(cloud: Cloud) -> Callable[[str, ValidationInfo], str]:
    """Return a check that refuses regions that can hold no replica of what the environment has on a cloud."""

    def check(value: str, info: ValidationInfo) -> str:
        context = context_of(info)
        problem = None if context is None else REGIONS[cloud].replica_problem(value, context.homes[cloud].region)
        if problem is not None:
            raise ValueError(problem)
        return value

    return check


def check_key_replica(value: str, info: ValidationInfo) -> str:
    """Refuse a text that is not a region, of any cloud, that a replica of a key can be in."""
    context = context_of(info)
    if not any(value in regions.names() for regions in REGIONS.values()):
        check_region(value, CLOUDS if context is None else context.clouds)
    return check_replica(cloud_of_region(value))(value, info)


KeyReplica = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"{REGION_PATTERN}|{GCP_REGION_PATTERN}"}),
    AfterValidator(check_key_replica),
]
"""Region of a replica of a key, on any cloud."""
