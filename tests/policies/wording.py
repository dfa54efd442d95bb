"""The style of rule texts: what code scanning shows reads like the titles of AWS Config, Security Hub and Prowler."""

import re
from collections.abc import Iterable

SERVICES = {
    "aws.encryption_keys": ("KMS",),
    "aws.key_policies": ("KMS",),
    "aws.secret_stores": ("Secrets Manager", "SSM"),
    "aws.values_in_code": (
        *("Secrets Manager", "SSM", "Lambda", "ECS", "CodeBuild", "EC2", "API Gateway"),
        "AWS providers",
    ),
    "aws.passwords": ("Database", "KMS", "App Runner"),
    "aws.functions": ("Lambda",),
    "aws.api_front": ("API Gateway", "Load balancer"),
    "aws.api_access": ("API Gateway", "AppSync", "CloudFront"),
    "aws.buckets": ("S3",),
    "aws.identities": ("IAM",),
    "aws.privileges": ("IAM",),
    "aws.trust": ("IAM",),
    "aws.audit": ("CloudTrail", "CloudWatch", "SNS", "SQS"),
    "aws.isolation": ("AWS", "IAM"),
    "aws.restrictions": ("Secrets Manager", "AWS policies"),
    "gcp.encryption_keys": ("Cloud KMS",),
    "gcp.secret_stores": ("Secret Manager",),
    "gcp.values_in_code": ("Secret Manager", "Cloud Functions", "Cloud Run", "Google Cloud providers"),
    "gcp.passwords": ("Cloud SQL", "Parameter Manager", "Compute Engine"),
    "gcp.functions": ("Cloud Functions", "Cloud Run", "Pub/Sub"),
    "gcp.api_front": ("Cloud Load Balancing", "Google Cloud API keys"),
    "gcp.identities": ("IAM", "Service accounts", "Service account keys", "Workload identity federation"),
    "gcp.audit": ("Cloud Audit Logs", "Cloud Logging", "Cloud Monitoring", "Pub/Sub"),
    "gcp.isolation": ("Google Cloud", "Secret Manager", "IAM"),
    "gcp.restrictions": ("Secret Manager", "IAM"),
    "any.tiers": ("Tier tags and labels",),
    "any.unread_providers": ("Providers",),
    "any.unknown_values": ("Property values",),
    "any.waivers": ("Waivers",),
}
"""Topic of rules to the services or resources with which its descriptions begin."""

PRESENT = frozenset(
    (
        *("is", "are", "have", "has", "do", "does", "can", "rotate", "keep", "stay", "separate", "grant", "allow"),
        *("limit", "use", "deny", "exempt", "require", "redirect", "cache", "receive", "prohibit", "specify", "trust"),
        *("last", "record", "retain", "contain", "contains", "accept", "accepts", "restrict", "match", "send"),
    )
)
"""Verbs of descriptions; one of them is in each."""

IMPERATIVES = frozenset(
    (
        *("set", "add", "remove", "use", "list", "raise", "lower", "specify", "grant", "split", "store", "reference"),
        *("replace", "attach", "rename", "restrict", "pass", "run", "complete", "correct", "review"),
    )
)
"""Verbs that a fix begins with."""

FORBIDDEN = (
    *("anybody", "everybody", "somebody", "whoever", "whatever", "strangers?", "for ever", "by itself", "of its own"),
    *("no trace", "in clear", "at its word", "without a word", "second lock", "secret half", "evicts?", "born"),
    *("asks?", "tells?", "told", "says?", "said", "knows?", "hears?", "opens?", "hands? on", "listens?", "answers?"),
    *("gone", "goes", "turns?", "moment", "surroundings", "riddle", "switched off", "spared?", "meant", "lets in"),
    *("must", "should", "shall", "will", "was", "were", "please", "simply", "just"),
    *("i", "we", "our", "us", "you", "your", "me", "my"),
)
"""Private words, metaphors, and forms that a control statement does not use; regular expressions of whole words."""
_FORBIDDEN = re.compile(rf"(?<![\w-])({'|'.join(FORBIDDEN)})(?![\w-])", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`]*`|'[^']*'(?!\w)")
"""Names of options, properties and resources, which are the user's own words."""

_PYTHON = re.compile(r"\w=(?!=)|\b(True|False|None)\b|\b[a-z]+(?:_[a-z]+)+\b|\baws\.\w+\.|\bgcp\.\w+\.|\[\"")
"""Keyword arguments, constants, snake case and module paths: a program in another language has none of them."""


def of_description(text: str, services: Iterable[str], options: Iterable[str]) -> list[str]:
    """What is wrong with a description."""
    found = []
    words = text.split()
    if not 4 <= len(words) <= 20:
        found.append(f"{len(words)} words, not 4 to 20")
    if not re.fullmatch(r"[A-Z][^.]*(?:\.\d[^.]*)?\.", text):
        found.append("is not one sentence with a capital letter and a full stop")
    if not any(text.startswith(service) for service in services):
        found.append(f"does not begin with one of {', '.join(services)}")
    if not PRESENT & set(re.findall(r"[a-z]+", text)):
        found.append("has no verb of the maintained list in the present tense")
    named = set(re.findall(r"`([a-z_]+)`", text))
    if unknown := named - set(options):
        found.append(f"names {', '.join(sorted(unknown))}, which is no option of the rule")
    return [*found, *of_words(text)]


def of_fix(text: str, options: Iterable[str] = ()) -> list[str]:
    """What is wrong with a fix."""
    found = []
    if text.split(maxsplit=1)[0] not in IMPERATIVES:
        found.append("does not begin with a verb of the maintained list")
    if text.endswith(".") or ";" in text:
        found.append("is not one clause without a full stop")
    return [*found, *of_words(text), *_of_language(text, options)]


def of_message(text: str, kind: str, name: str, properties: Iterable[str]) -> list[str]:
    """What is wrong with what a finding says: `Key 'orders': what was found; fix`."""
    label = f"{kind} {name!r}: "
    if not text.startswith(label):
        return [f"does not begin with {label!r}"]
    found_text, separator, fix = text.removeprefix(label).partition("; ")
    found = [] if separator and fix else ["has no fix after a semicolon"]
    if not set(properties) & set(re.findall(r"\w+", found_text)):
        found.append("names no property of the resource")
    return [*found, *of_words(found_text)]


def of_words(text: str) -> list[str]:
    """Words that no text uses."""
    return [f"uses {word.group(0)!r}" for word in _FORBIDDEN.finditer(_QUOTED.sub("", text))]


def _of_language(text: str, options: Iterable[str]) -> list[str]:
    for option in options:
        text = text.replace(f"`{option}`", "")
    return [f"is worded for one language: {word.group(0)!r}" for word in _PYTHON.finditer(text)]
