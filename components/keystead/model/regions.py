"""The regions of every cloud. No two clouds have a region of the same name."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from keystead.model.aws import regions as aws
from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.gcp import regions as gcp
from keystead.model.names import suggestion


@dataclass(frozen=True)
class Regions:
    """The regions of one cloud."""

    names: Callable[[], Collection[str]]
    """Every region there is."""
    example: str
    """A region as messages give an example."""
    replica_problem: Callable[[str, str | None], str | None]
    """Why a region cannot hold replicas of what is in another one, or None."""


REGIONS: Mapping[Cloud, Regions] = {
    "aws": Regions(aws.partitions, "an AWS region, such as eu-central-1", aws.replica_problem),
    "gcp": Regions(lambda: gcp.REGIONS, "a GCP region, such as europe-west3", gcp.replica_problem),
}


def cloud_of_region(region: str) -> Cloud:
    """Return the cloud that has a region of this name; the first one where none has."""
    return next((cloud for cloud in CLOUDS if region in REGIONS[cloud].names()), CLOUDS[0])


def check_region(value: str, clouds: Iterable[Cloud]) -> str:
    """Refuse a text that is not a region of one of these clouds."""
    chosen = [REGIONS[cloud] for cloud in clouds]
    known = {name for regions in chosen for name in regions.names()}
    if value not in known:
        examples = " or ".join(regions.example for regions in chosen)
        raise ValueError(f"must be {examples}{suggestion(value, known)}")
    return value
