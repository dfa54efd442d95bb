"""The provider's own settings: those of pulumi-gcp 10.2.0, of which the sandbox acts on a few."""

import re
from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.connections import parse
from keystead_sandbox.pulumi_provider.plugin import Failure
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values import UNKNOWN, describe

USED = frozenset(
    {"addPulumiAttributionLabel", "defaultLabels", "deletionPolicy", "project", "region"}
    | {"pulumiAttributionLabelAdditionStrategy"}
)
"""Settings with an effect here; credentials and endpoints always come from the sandbox's registry."""
ACCEPTED = USED | {
    "accessToken", "batching", "billingProject", "credentials", "disableGooglePartnerName", "externalCredentials",
    "googlePartnerName", "impersonateServiceAccount", "impersonateServiceAccountDelegates", "pollInterval",
    "preferGlobalEndpoints", "preferRegionalEndpoints", "requestReason", "requestTimeout", "scopes", "universeDomain",
    "userProjectOverride", "zone",
}  # fmt: skip
ENDPOINT = re.compile(r"[a-zA-Z0-9]+CustomEndpoint")
"""Names of the settings that move one API; the SDK has some two hundred."""
_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_CHOICES = {
    "deletionPolicy": ("DELETE", "PREVENT", "ABANDON"),
    "pulumiAttributionLabelAdditionStrategy": ("CREATION_ONLY", "PROACTIVE"),
}


def check(news: Mapping[str, Any]) -> list[Failure]:
    """Return what is wrong with a provider's settings."""
    failures = [
        (name, f"the gcp provider has no setting {name!r}{did_you_mean(name, ACCEPTED)}")
        for name in news
        if name not in ACCEPTED | _ENGINE and not ENDPOINT.fullmatch(name)
    ]
    for name, raw in news.items():
        value = parse(raw)
        if value not in (None, UNKNOWN) and (reason := _wrong(name, value)):
            failures.append((name, reason))
    return failures


def _wrong(name: str, value: Any) -> str:
    if name in {"project", "region", "zone"} and not (isinstance(value, str) and value):
        return f"expected a string that is not empty, got {describe(value)}"
    if name in _CHOICES and value not in _CHOICES[name]:
        return f"expected one of [{', '.join(_CHOICES[name])}]"
    if name == "addPulumiAttributionLabel" and not isinstance(value, bool):
        return f"expected a boolean, got {describe(value)}"
    if name == "defaultLabels":
        if not isinstance(value, Mapping):
            return f"expected an object of strings, got {describe(value)}"
        wrong = [key for key, item in value.items() if not isinstance(item, str)]
        return f"expected strings, got something else under {', '.join(sorted(wrong))}" if wrong else ""
    return ""
