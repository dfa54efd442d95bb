"""The base of every part of the spec: unknown keys are refused, nothing is converted, nothing changes later."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """One mapping of the spec. The docstring under each field is its description, see `spec.descriptions`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MisplacedError(ValueError):
    """Raised by the check of a whole for mistakes in its parts: each with its place, the value found and the rule.

    A part that is valid alone can be wrong in combination with another; this way its message names the part.
    """

    def __init__(self, problems: Sequence[tuple[tuple[str | int, ...], Any, str]]) -> None:
        super().__init__("; ".join(text for _, _, text in problems))
        self.problems = problems


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


FromList = BeforeValidator(_tuple)
"""Lets a field that holds a tuple be written as a YAML list."""

Texts = Annotated[tuple[str, ...], FromList]
"""A list of texts."""
