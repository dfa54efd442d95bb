import io

import pytest
from keystead.cli.value import LARGEST, InvalidValueError, from_pipe


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc\n"),
        (b"abc\n\r\n", "abc\n"),
        (b" abc \n", " abc "),
        (b"-----BEGIN KEY-----\nx\n-----END KEY-----\n", "-----BEGIN KEY-----\nx\n-----END KEY-----"),
        ("schl\u00fcssel\n".encode(), "schl\u00fcssel"),
        (b"x" * LARGEST + b"\r\n", "x" * LARGEST),
    ],
)
def test_exactly_one_line_end_is_dropped_and_nothing_else(given: bytes, kept: str) -> None:
    assert from_pipe(io.BytesIO(given)).reveal() == kept


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (b"", "the value is empty. Nothing was written."),
        (b"\n", "the value is empty. Nothing was written."),
        (b" \t\n", "the value is empty. Nothing was written."),
        (
            b"x" * (LARGEST + 1),
            "the value is larger than 65536 bytes, the most the store holds. Nothing was written.",
        ),
        (
            b"x" * (LARGEST * 3),
            "the value is larger than 65536 bytes, the most the store holds. Nothing was written.",
        ),
        (
            b"canary\xff\xfe",
            "the value is not UTF-8 text. Nothing was written; encode binary values first, for example with base64.",
        ),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_without_being_shown(given: bytes, text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        from_pipe(io.BytesIO(given))
    assert str(caught.value) == text
    assert caught.value.__cause__ is None


def test_a_value_does_not_show_itself_in_a_repr_or_a_format() -> None:
    value = from_pipe(io.BytesIO(b"canary-in-a-repr"))
    assert "canary" not in f"{value!r} {value}"
