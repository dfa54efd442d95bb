"""The provider's own settings: those of the official provider, of which the sandbox acts on a few."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.connections import parse
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values import UNKNOWN

USED = frozenset({"allowedAccountIds", "defaultTags", "forbiddenAccountIds", "region"})
"""Settings with an effect here; credentials and endpoints always come from the sandbox's registry."""
ACCEPTED = USED | {
    "accessKey", "assumeRoles", "assumeRoleWithWebIdentity", "customCaBundle", "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode", "endpoints", "httpProxy", "httpsProxy", "ignoreTags", "insecure", "maxRetries",
    "noProxy", "profile", "retryMode", "s3UsEast1RegionalEndpoint", "s3UsePathStyle", "secretKey",
    "sharedConfigFiles", "sharedCredentialsFiles", "skipCredentialsValidation", "skipMetadataApiCheck",
    "skipRegionValidation", "skipRequestingAccountId", "stsRegion", "tagPolicyCompliance", "token",
    "tokenBucketRateLimiterCapacity", "useDualstackEndpoint", "useFipsEndpoint", "userAgents",
}  # fmt: skip
_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})


def check(news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with a provider's settings."""
    failures = [
        (name, f"the aws provider has no setting {name!r}{did_you_mean(name, ACCEPTED)}")
        for name in news
        if name not in ACCEPTED | _ENGINE
    ]
    if news.get("allowedAccountIds") is not None and news.get("forbiddenAccountIds") is not None:
        failures.append(("forbiddenAccountIds", "conflicts with allowedAccountIds"))
    for name in ("allowedAccountIds", "forbiddenAccountIds"):
        value = news.get(name)
        if value not in (None, UNKNOWN) and not isinstance(parse(value), list):
            failures.append((name, "expected a list of account ids"))
    return failures
