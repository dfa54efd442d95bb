"""The AWS regions botocore knows, each with its partition (`aws`, `aws-cn`, `aws-us-gov`, ...)."""

import json
from functools import cache
from importlib.resources import files

from keystead.names import suggestion


@cache
def partitions() -> dict[str, str]:
    """Return region -> partition for every region of botocore's `partitions.json`, without its `*-global` entries."""
    table = json.loads(files("botocore").joinpath("data/partitions.json").read_text(encoding="utf-8"))
    return {
        region: partition["id"]
        for partition in table["partitions"]
        for region in partition["regions"]
        if not region.endswith("-global")
    }


def partition_of(region: str) -> str:
    """Return the partition a region's ARNs begin with; a region nobody knows counts as `aws`."""
    return partitions().get(region, "aws")


def check_region(value: str) -> str:
    """Refuse a region that botocore does not know."""
    if value not in partitions():
        raise ValueError(f"must be an AWS region, such as eu-central-1{suggestion(value, partitions())}")
    return value
