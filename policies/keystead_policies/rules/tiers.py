"""The tier of a resource, on which limits of periods and windows depend."""

from collections.abc import Iterator
from difflib import get_close_matches

from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.tags import TIER_TAGS, tags_of
from keystead_policies.engine.rule import TIERS, Context, Severity, rule

_ALIKE = 0.85
"""Similarity from which the name of a tag counts as a misspelling; one transposed letter has 0.92."""


@rule(
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:secretsmanager/secret:Secret",
    "aws:cloudwatch/logGroup:LogGroup",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:secretmanager/secret:Secret",
    "gcp:secretmanager/regionalSecret:RegionalSecret",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link="https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final",
    fix="set the tag `keystead:tier` or the label `keystead-tier` to low, standard, high or critical",
)
def tier_is_known(resource: Resource, _context: Context) -> Iterator[str]:
    """Tier tags and labels have a known name and value.

    The limits of a resource whose tier is misspelt are those of a resource without a tier.
    """
    own = tags_of(resource)
    where = "tags" if resource.package == "aws" else "labels"
    for tag in own:
        if tag in TIER_TAGS:
            if (tier := own.get(tag)) not in TIERS:
                yield f"`{where}`: {tag} is {tier!r}, not one of {', '.join(TIERS)}"
        elif meant := get_close_matches(tag.lower(), TIER_TAGS, 1, _ALIKE):
            yield f"`{where}` includes {tag}, a misspelling of {meant[0]}"
