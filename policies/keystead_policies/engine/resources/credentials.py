"""Tells text that is a credential: by known shapes, by the name it is kept under, and by randomness.

What is returned describes the text and never repeats it.
"""

import math
import re
from collections import Counter

SHAPES = {
    "an AWS access key id": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Google OAuth token": r"\bya29\.[A-Za-z0-9_-]{20,}",
    "a Google service account's key": r'"private_key_id"',
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{16,}",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "a JSON Web Token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s/@{$]{3,}@",
}
"""Description to the pattern its issuer documents, or that the format fixes."""
_SHAPES = {told: re.compile(pattern) for told, pattern in SHAPES.items()}

_NAMES = re.compile(
    r"(?i)(pass(?:word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|signing_?key|pepper)s?(?:_?value)?$"
)
"""Names under which a value is a credential, whatever it looks like."""
_REFERENCES = re.compile(
    r"(?ix)^( arn:.* | projects/.* | \{\{resolve:.* | /?(?:[\w.-]+/)+[\w.-]+ | \$\{.* | \$[A-Z_]+ | https?://[^@]*"
    r" | true | false | none | null | \d+ | (?-i:[A-Z_]*(?:NAME|ARN|PATH|ID)) | )$"
)
"""Values that name a credential or say something about it: ARNs, paths, addresses, switches, numbers."""
_HOLDERS = re.compile(r"(?i)(secret|credential)s?$")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z][a-z0-9]*)+")
"""`prod-orders-db` under `DB_SECRET` is what the secret is called, not what is in it."""
_HASHES = re.compile(r"(?i)(hash|sha\d*|digest|checksum|fingerprint|etag|version|revision|commit|uuid|_id|_arn)s?$")
_RANDOM = re.compile(r"^[A-Za-z0-9+/=_-]{24,}$")
_ACCESS_KEY = re.compile(r"^(?=.*/)[A-Za-z0-9+/]{40}$")
"""With a slash it reads like a path. Half of AWS's secret access keys have one."""
BITS_OF_A_KEY = 4.5
"""Bits per character: of 40 random ones in base64, 98 in 100 have more; paths of that length have 3.5 to 4.4."""
_UUID = re.compile(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
BITS_PER_CHARACTER = 4.0
"""Above it lies random text in base64 (4.5 to 5.5 at these lengths), below it words and names (3 to 3.8)."""


def entropy(text: str) -> float:
    """Shannon's entropy of the text's characters, in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def shape(text: str) -> str:
    """Describe a credential of a known shape anywhere in the text; empty where there is none."""
    return next((told for told, pattern in _SHAPES.items() if pattern.search(text)), "")


def describe(name: str, value: object) -> str:
    """Describe the credential in a named value; empty where it is none."""
    if not isinstance(value, str):
        return ""
    if found := shape(value):
        return found
    if _ACCESS_KEY.match(value) and _mixed(value) and entropy(value) > BITS_OF_A_KEY:
        return "what looks like an AWS secret access key"
    if _REFERENCES.match(value) or (_HOLDERS.search(name) and _NAME.fullmatch(value)):
        return ""
    if _NAMES.search(name) and len(value) >= 6:
        return "a value under the name of a credential"
    return "random text" if _random(name, value) else ""


def _random(name: str, value: str) -> bool:
    """Whether a value is random text that is no hash and no identifier."""
    told = _HASHES.search(name) or _UUID.match(value)
    return bool(_RANDOM.match(value) and _mixed(value) and not told and entropy(value) > BITS_PER_CHARACTER)


def _mixed(text: str) -> bool:
    return any(letter.isdigit() for letter in text) and text.lower() != text
