"""Shapes of generated values, as packaging makes them of the spec's."""

from keystead.functions.rotator.settings import ShapeSettings
from keystead.model.alphabets import ALPHABETS


def shape(prefix: str = "", length: int = 48, alphabet: str = "alphanumeric") -> ShapeSettings:
    """A prefix, then characters of an alphabet."""
    return ShapeSettings(ALPHABETS[alphabet], length, prefix)
