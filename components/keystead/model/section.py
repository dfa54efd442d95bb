"""What every part of the spec has in common: unknown keys are refused, nothing is converted, nothing changes later."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """One mapping of the spec. The docstring under each field is its description, see `spec.descriptions`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MisplacedError(ValueError):
    """Raised by a check of a whole for what is wrong in its parts: each with its place below, what was found, the rule.

    A part that alone is right can be wrong beside another; this way its message names the part.
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
