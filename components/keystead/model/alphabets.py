"""The alphabets of generated values, and how many characters of each carry enough entropy."""

import math
import string
from collections.abc import Mapping

MINIMUM_BITS = 256
"""Least entropy of a generated value: 32 random bytes."""

MAXIMUM_LENGTH = 4096
"""Most random characters of a value, far below the 65,536 bytes Secrets Manager and Secret Manager take."""

ALPHABETS: Mapping[str, str] = {
    "alphanumeric": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "base64url": string.ascii_letters + string.digits + "-_",
    "printable": "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "\"'\\`"),
}
"""Characters of each alphabet; printable leaves out quotes and the backslash, which break configuration files."""


def least_length(alphabet: str) -> int:
    """Return the fewest random characters of `alphabet` that carry MINIMUM_BITS."""
    return math.ceil(MINIMUM_BITS / math.log2(len(ALPHABETS[alphabet])))
