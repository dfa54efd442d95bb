"""What every part of the spec has in common: unknown keys are refused, nothing is converted, nothing changes later."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """One mapping of the spec. The docstring under each field becomes its description in the JSON Schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


FromList = BeforeValidator(_tuple)
"""Lets a field that holds a tuple be written as a YAML list."""

Texts = Annotated[tuple[str, ...], FromList]
"""A list of texts."""
