"""The AWS regions botocore knows, each with its partition (`aws`, `aws-cn`, `aws-us-gov`, ...)."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def _table() -> list[dict[str, Any]]:
    botocore = find_spec("botocore")  # finds the package without importing it, which takes as long as all else
    if botocore is None or botocore.origin is None:
        raise ModuleNotFoundError("botocore")
    text = Path(botocore.origin).with_name("data").joinpath("partitions.json").read_text(encoding="utf-8")
    return list(json.loads(text)["partitions"])


@cache
def partitions() -> dict[str, str]:
    """Return region -> partition for every region of botocore's `partitions.json`, without its `*-global` entries."""
    return {
        region: partition["id"]
        for partition in _table()
        for region in partition["regions"]
        if not region.endswith("-global")
    }


def partition_of(region: str) -> str:
    """Return the partition a region's ARNs begin with; an unknown region counts as one of `aws`."""
    return partitions().get(region, "aws")


def domain_of(region: str) -> str:
    """Return the domain that names of services end in within a region: `amazonaws.com`, in China `amazonaws.com.cn`."""
    domains = {partition["id"]: str(partition["outputs"]["dnsSuffix"]) for partition in _table()}
    return domains[partition_of(region)]


def replica_problem(value: str, region: str | None) -> str | None:
    """Return why a region cannot hold replicas of what is in another: it is the same, or in another partition."""
    if region is None or region not in partitions():
        return None
    if value == region:
        return "must not be the region of the original; name other regions"
    if partition_of(value) != partition_of(region):
        return f"must be in the same AWS partition as {region}, which is {partition_of(region)}"
    return None
