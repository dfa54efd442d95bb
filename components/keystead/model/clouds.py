"""The clouds an environment can live on."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from keystead.model.gcp.regions import REGIONS

Cloud = Literal["aws", "gcp"]
"""A cloud, as keys of the spec name it."""

CLOUDS: tuple[Cloud, ...] = get_args(Cloud)
"""Every cloud, in the order they are shown."""

TITLES: dict[Cloud, str] = {"aws": "AWS", "gcp": "GCP"}
"""Clouds as messages call them."""


def _sorted(value: list[Cloud]) -> list[Cloud]:
    if not value:
        raise ValueError("must name at least one cloud: aws, gcp or both")
    return [cloud for cloud in CLOUDS if cloud in value]


Clouds = Annotated[list[Cloud], Field(json_schema_extra={"minItems": 1}), AfterValidator(_sorted)]
"""One cloud or both, in their order and each once."""


def cloud_of_region(region: str) -> Cloud:
    """Return the cloud that has a region of this name; AWS where none has."""
    return "gcp" if region in REGIONS else "aws"
