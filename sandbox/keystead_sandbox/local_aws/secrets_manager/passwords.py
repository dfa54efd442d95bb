"""GetRandomPassword: 32 characters of every kind unless the request says otherwise (API reference)."""

import secrets
import string
from typing import Any

from keystead_sandbox.local_aws.protocol.errors import Response, answer, invalid_parameter

LONGEST, DEFAULT_LENGTH = 4096, 32

KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def get(fields: dict[str, Any]) -> Response:
    """The operation GetRandomPassword."""
    length = int(fields.get("PasswordLength") or DEFAULT_LENGTH)
    if not 1 <= length <= LONGEST:
        raise invalid_parameter(f"PasswordLength must be between 1 and {LONGEST}.")
    excluded = set(fields.get("ExcludeCharacters") or "")
    kinds = [characters for name, characters in KINDS.items() if not fields.get(name)]
    kinds += [" "] if fields.get("IncludeSpace") else []
    kinds = [left for left in ("".join(one for one in kind if one not in excluded) for kind in kinds) if left]
    if not kinds:
        raise invalid_parameter("No characters available to generate password.")
    required = kinds if fields.get("RequireEachIncludedType", True) else []
    if len(required) > length:
        raise invalid_parameter("PasswordLength too short to include required character types.")
    every = "".join(kinds)
    characters = [secrets.choice(kind) for kind in required]
    characters += [secrets.choice(every) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return answer({"RandomPassword": "".join(characters)})
