"""The regions of GCP that Secret Manager replicates to and Cloud KMS stores keys in.

Source: Secret Manager guide, "Locations", and Compute Engine guide, "Regions and zones"; Google's discovery documents
list none.
"""

from keystead.model.names import suggestion

GLOBAL = "global"
"""The location of keys that are used worldwide; secrets there have automatic replication."""

REGIONS = frozenset(
    {
        "africa-south1",
        *(f"asia-east{number}" for number in (1, 2)),
        *(f"asia-northeast{number}" for number in (1, 2, 3)),
        *(f"asia-south{number}" for number in (1, 2)),
        *(f"asia-southeast{number}" for number in (1, 2)),
        *(f"australia-southeast{number}" for number in (1, 2)),
        "europe-central2",
        *(f"europe-north{number}" for number in (1, 2)),
        "europe-southwest1",
        *(f"europe-west{number}" for number in (1, 2, 3, 4, 6, 8, 9, 10, 12)),
        *(f"me-central{number}" for number in (1, 2)),
        "me-west1",
        *(f"northamerica-northeast{number}" for number in (1, 2)),
        "northamerica-south1",
        "southamerica-east1",
        "southamerica-west1",
        "us-central1",
        *(f"us-east{number}" for number in (1, 4, 5)),
        "us-south1",
        *(f"us-west{number}" for number in (1, 2, 3, 4)),
    }
)
"""Regions as of November 2026; none of them is the name of an AWS region."""


def replica_problem(value: str, location: str | None) -> str | None:
    """Return why a region cannot hold replicas of what is in a location: it is the same."""
    return "must not be the region of the original; name other regions" if value == location else None


def check_location(value: str) -> str:
    """Refuse a text that is neither a region nor `global`."""
    if value not in REGIONS and value != GLOBAL:
        raise ValueError(
            f"must be a GCP region, such as europe-west3, or global{suggestion(value, {*REGIONS, GLOBAL})}"
        )
    return value
