"""Regions in the spec: of each cloud, and of replicas, which lie elsewhere than the originals."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from keystead.model.aws.regions import check_region, partitions, replica_problem
from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.gcp import regions as gcp_regions
from keystead.model.names import suggestion
from keystead.spec.context import context_of

REGION_PATTERN = "^[a-z]+(-[a-z]+)+-[0-9]+$"
GCP_REGION_PATTERN = "^[a-z]+-[a-z]+[0-9]+$"

Region = Annotated[str, Field(json_schema_extra={"pattern": REGION_PATTERN}), AfterValidator(check_region)]
"""Name of an AWS region."""
GcpRegion = Annotated[
    str, Field(json_schema_extra={"pattern": GCP_REGION_PATTERN}), AfterValidator(gcp_regions.check_region)
]
"""Name of a GCP region."""


def check_replica(value: str, info: ValidationInfo) -> str:
    """Refuse a replica where the original is, or in another partition, where AWS replicates nothing to."""
    context = context_of(info)
    problem = None if context is None else replica_problem(value, context.region)
    if problem is not None:
        raise ValueError(problem)
    return value


_EXAMPLES: dict[Cloud, str] = {
    "aws": "an AWS region, such as eu-central-1",
    "gcp": "a GCP region, such as europe-west3",
}


def check_key_replica(value: str, info: ValidationInfo) -> str:
    """Refuse what is no region of either cloud that a replica of a key can be in."""
    context = context_of(info)
    if value in partitions():
        return check_replica(value, info)
    if value not in gcp_regions.REGIONS:
        clouds = CLOUDS if context is None else context.clouds
        known = {*(partitions() if "aws" in clouds else ()), *(gcp_regions.REGIONS if "gcp" in clouds else ())}
        examples = " or ".join(_EXAMPLES[cloud] for cloud in clouds)
        raise ValueError(f"must be {examples}{suggestion(value, known)}")
    if context is not None and value == context.location:
        raise ValueError("must not be the region of the original; name other regions")
    return value
