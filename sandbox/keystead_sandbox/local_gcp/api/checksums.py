"""CRC32C (Castagnoli), the checksum in Cloud KMS and Secret Manager messages. Source: RFC 3720, appendix B.4."""

from typing import Any

from keystead_sandbox.local_gcp.api.errors import Json, invalid


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
        snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in field)
        raise invalid(f"The checksum in field {snake}_crc32c did not match the data in field {snake}.")
    return True
