"""Finds credentials in text: by known formats, by the name of the value, and by entropy.

A description of what was found never repeats the text.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

SHAPES = {
    "an AWS access key ID": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a GitLab token": r"\bgl(?:pat|dt|rt|ptt|cbt|ft|imt|agent|soat)-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a Slack webhook": r"https://hooks\.slack\.com/services/T\w+/B\w+/\w+",
    "an OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{20,}",
    "a Twilio key": r"\bSK[0-9a-f]{32}\b",
    "a Shopify token": r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "a Vault token": r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Google OAuth token": r"\bya29\.[A-Za-z0-9_-]{20,}",
    "a Google service account key": r'"private_key_id"',
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{16,}",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "a JSON Web Token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.",
    "a password in a connection string": r"(?i)(?:^|;)\s*(?:password|pwd)\s*=\s*[^;\s]{3,}",
    "a storage account key": r"\bAccountKey=[A-Za-z0-9+/=]{40,}",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s/@{$]{3,}@",
}
"""Description of a credential to its pattern, as the issuer documents it or the format defines it."""
_SHAPES = {told: re.compile(pattern) for told, pattern in SHAPES.items()}

_NAMES = re.compile(
    r"(?i)(pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?key|access_?key|private_?key|credential|signing_?key|pepper)"
    r"s?(?:_?value)?$"
)
"""Names of values that are credentials whatever their format."""
_PASSWORDS = re.compile(r"(?i)(pass(?:word|wd|phrase|code)?|pwd)$")
"""Names of values that are credentials even where they are digits."""
_OAUTH = re.compile(r"(?i)(client|app|consumer|webhook|shared|jwt|session|api)_?secret$")
"""Names of values that are the secret itself, not the name of one in a secret store."""
_KEYS = re.compile(r"(?i)key$")
_OTHER_KEYS = re.compile(r"(?i)(public|partition|sort|cache|object|primary|routing)_?key$")
"""Names of values that are credentials where the value looks like a key, and those of keys that are not secret."""
_KEY = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_]{16,}$")
_REFERENCES = re.compile(
    r"(?ix)^( arn:.* | projects/.* | \{\{resolve:.* | /?(?:[\w.-]+/)+[\w.-]+ | \$\{.* | true | false | none | null"
    r" | \d+ | https?://[^@]* | (?-i:[A-Z_]*(?:NAME|ARN|PATH|ID)) | )$"
)
"""Values that refer to a credential or describe it: ARNs, paths, URLs, booleans, numbers."""
_URL = re.compile(r"(?i)https?://(?![^/]*vault)(?!.*/secrets/)")
"""URLs that lead to no secret store."""
_ASSIGNED = re.compile(r"(?m)^\s*(?:export\s+|set\s+)?([A-Za-z_]\w*)=[\"']?([^\s\"'$`][^\s\"']*)")
"""Assignments in a script, without those of other variables and of the output of commands."""
_HOLDERS = re.compile(r"(?i)(secret|credential)s?$")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z][a-z0-9]*)+")
"""`DB_SECRET=prod-orders-db` holds the name of a secret, not its value."""
_HASHES = re.compile(
    r"(?i)(hash|sha\d*|digest|checksum|fingerprint|etag|version|revision|commit|uuid|_id|_arn|client|pool|public_?key"
    r"|cert|certificate)s?$"
)
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
    if found := shape(value) or _inside(value):
        return found
    if _ACCESS_KEY.match(value) and _mixed(value) and entropy(value) > BITS_OF_A_KEY:
        return "what looks like an AWS secret access key"
    if _named(name, value):
        return "a value named like a credential"
    return "a high-entropy string" if _random(name, value) and not _refers(name, value) else ""


def _named(name: str, value: str) -> bool:
    """Whether a value is a credential by its name, and not a reference to one."""
    if _KEYS.search(name) and not _OTHER_KEYS.search(name) and _KEY.match(value) and not _UUID.match(value):
        return True
    if not _NAMES.search(name) or len(value) < 6:
        return False
    return bool(_PASSWORDS.search(name) and value.isdigit()) or bool(_URL.match(value)) or not _refers(name, value)


def _refers(name: str, value: str) -> bool:
    """Whether a value refers to a credential or describes it."""
    holder = _HOLDERS.search(name) and _NAME.fullmatch(value) and not _OAUTH.search(name)
    return bool(holder or _REFERENCES.match(value))


def in_script(text: str) -> str:
    """Describe a credential in a script: of a known format, or assigned to a variable named like one."""
    assigned = (describe(name, value) for name, value in _ASSIGNED.findall(text))
    return shape(text) or next(filter(None, assigned), "")


def in_arguments(arguments: list[str]) -> str:
    """Describe a credential in the arguments of a command: `--password VALUE` or `--password=VALUE`."""
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        name, _, value = argument.partition("=")
        if argument.startswith("-") and (found := describe(name.replace("-", "_"), value or following)):
            return found
    return ""


def _inside(value: str) -> str:
    """Describe a credential in an object that a text holds as JSON."""
    if not value.lstrip().startswith("{"):
        return ""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return ""
    return next(filter(None, (describe(name, inner) for name, inner in _leaves(found))), "")


def _leaves(found: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from _leaves(inner, str(key))
    elif isinstance(found, list):
        for inner in found:
            yield from _leaves(inner, name)
    elif isinstance(found, str):
        yield name, found


def _random(name: str, value: str) -> bool:
    """Whether a value has high entropy and is neither a hash nor an identifier."""
    told = _HASHES.search(name) or _UUID.match(value)
    return bool(_RANDOM.match(value) and _mixed(value) and not told and entropy(value) > BITS_PER_CHARACTER)


def _mixed(text: str) -> bool:
    return any(letter.isdigit() for letter in text) and text.lower() != text
