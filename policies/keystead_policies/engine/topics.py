"""The modules that hold rules, by topic. Waivers come last, since their rules read the findings of the others."""

from importlib import import_module

TOPICS = (
    "aws.encryption_keys",
    "aws.key_policies",
    "aws.secret_stores",
    "aws.values_in_code",
    "aws.passwords",
    "aws.functions",
    "aws.api_front",
    "aws.api_access",
    "aws.buckets",
    "aws.identities",
    "aws.privileges",
    "aws.trust",
    "aws.audit",
    "aws.isolation",
    "aws.restrictions",
    "gcp.encryption_keys",
    "gcp.secret_stores",
    "gcp.values_in_code",
    "gcp.passwords",
    "gcp.functions",
    "gcp.api_front",
    "gcp.identities",
    "gcp.audit",
    "gcp.isolation",
    "gcp.restrictions",
    "tiers",
    "unread_providers",
    "unknown_values",
    "waivers",
)


def load() -> None:
    """Import every topic, which adds its rules to RULES."""
    for topic in TOPICS:
        import_module(f"keystead_policies.rules.{topic}")
