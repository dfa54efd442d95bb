"""The clouds an environment can live on."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

Cloud = Literal["aws", "gcp"]
"""A cloud, as keys of the spec name it."""

CLOUDS: tuple[Cloud, ...] = get_args(Cloud)
"""Every cloud, in the order they are shown."""

TITLES: dict[Cloud, str] = {"aws": "AWS", "gcp": "GCP"}
"""Clouds as messages call them."""


def _sorted(value: list[Cloud]) -> list[Cloud]:
    if not value:
        raise ValueError(f"must name at least one cloud: {' or '.join(CLOUDS)}")
    return [cloud for cloud in CLOUDS if cloud in value]


Clouds = Annotated[list[Cloud], Field(json_schema_extra={"minItems": 1}), AfterValidator(_sorted)]
"""One or more clouds, in their order and each once."""
