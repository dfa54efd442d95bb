"""The checksum that travels with every value."""

import pytest
from keystead.functions.shared.google.crc32c import crc32c


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_the_checksum_is_the_one_of_rfc_3720(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum
