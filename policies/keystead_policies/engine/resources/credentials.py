"""Finds credentials in text: by known formats, by the name of the value, and by entropy.

A description of what was found never repeats the text.
"""

import math
import re
from collections import Counter

SHAPES = {
    "an AWS access key ID": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Google OAuth token": r"\bya29\.[A-Za-z0-9_-]{20,}",
    "a Google service account key": r'"private_key_id"',
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{16,}",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "a JSON Web Token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s/@{$]{3,}@",
}
"""Description of a credential to its pattern, as the issuer documents it or the format defines it."""
_SHAPES = {told: re.compile(pattern) for told, pattern in SHAPES.items()}

_NAMES = re.compile(
    r"(?i)(pass(?:word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|signing_?key|pepper)s?(?:_?value)?$"
)
"""Names of values that are credentials whatever their format."""
_REFERENCES = re.compile(
    r"(?ix)^( arn:.* | projects/.* | \{\{resolve:.* | /?(?:[\w.-]+/)+[\w.-]+ | \$\{.* | \$[A-Z_]+ | https?://[^@]*"
    r" | true | false | none | null | \d+ | (?-i:[A-Z_]*(?:NAME|ARN|PATH|ID)) | )$"
)
"""Values that refer to a credential or describe it: ARNs, paths, URLs, booleans, numbers."""
_HOLDERS = re.compile(r"(?i)(secret|credential)s?$")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z][a-z0-9]*)+")
"""`DB_SECRET=prod-orders-db` holds the name of a secret, not its value."""
_HASHES = re.compile(r"(?i)(hash|sha\d*|digest|checksum|fingerprint|etag|version|revision|commit|uuid|_id|_arn)s?$")
_RANDOM = re.compile(r"^[A-Za-z0-9+/=_-]{24,}$")
_ACCESS_KEY = re.compile(r"^(?=.*/)[A-Za-z0-9+/]{40}$")
"""With a slash the key looks like a path; half of AWS's secret access keys have one."""
BITS_OF_A_KEY = 4.5
"""Entropy in bits per character: 98 % of 40 random base64 characters have more; such paths have 3.5 to 4.4."""
_UUID = re.compile(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
BITS_PER_CHARACTER = 4.0
"""Random base64 has more (4.5 to 5.5 at these lengths), words and names have less (3 to 3.8)."""


def entropy(text: str) -> float:
    """Shannon's entropy of the text's characters, in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def shape(text: str) -> str:
    """Describe a credential of a known format anywhere in the text; empty where there is none."""
    return next((told for told, pattern in _SHAPES.items() if pattern.search(text)), "")


def describe(name: str, value: object) -> str:
    """Describe the credential in a named value; empty where there is none."""
    if not isinstance(value, str):
        return ""
    if found := shape(value):
        return found
    if _ACCESS_KEY.match(value) and _mixed(value) and entropy(value) > BITS_OF_A_KEY:
        return "what looks like an AWS secret access key"
    if _REFERENCES.match(value) or (_HOLDERS.search(name) and _NAME.fullmatch(value)):
        return ""
    if _NAMES.search(name) and len(value) >= 6:
        return "a value named like a credential"
    return "a high-entropy string" if _random(name, value) else ""


def _random(name: str, value: str) -> bool:
    """Whether a value has high entropy and is neither a hash nor an identifier."""
    told = _HASHES.search(name) or _UUID.match(value)
    return bool(_RANDOM.match(value) and _mixed(value) and not told and entropy(value) > BITS_PER_CHARACTER)


def _mixed(text: str) -> bool:
    return any(letter.isdigit() for letter in text) and text.lower() != text
