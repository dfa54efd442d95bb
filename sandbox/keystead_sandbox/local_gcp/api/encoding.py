"""Bytes in base64, and CRC32C (Castagnoli) checksums. Source: RFC 4648; RFC 3720, appendix B.4."""

import base64
import binascii
from typing import Any

from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.api.fields import snake


def decoded(value: str) -> bytes | None:
    """Bytes from base64, URL-safe or not, padded or not; None where it is neither."""
    padded = value.replace("-", "+").replace("_", "/")
    padded += "=" * (-len(padded) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None


def encoded(value: bytes) -> str:
    """Bytes in base64, as Google's JSON has them."""
    return base64.b64encode(value).decode()


def _table() -> tuple[int, ...]:
    table = []
    for start in range(256):
        value = start
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The checksum of some bytes."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def verified(body: Json, field: str, data: bytes) -> bool:
    """Whether a checksum was sent with a field; one that does not match is refused."""
    given: Any = body.get(f"{field}Crc32c")
    if given is None:
        return False
    if int(given) != crc32c(data):
        name = snake(field)
        raise invalid(f"The checksum in field {name}_crc32c did not match the data in field {name}.")
    return True
