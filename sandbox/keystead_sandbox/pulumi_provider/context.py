"""One request about one resource: what is declared, what was known, and what the cloud answered so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

SessionT = TypeVar("SessionT")


@dataclass
class Context(Generic[SessionT]):
    """What calls and the hooks of the table work on."""

    session: SessionT
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    """What the cloud answered."""
