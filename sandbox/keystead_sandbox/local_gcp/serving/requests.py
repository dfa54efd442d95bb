"""What comes over the wire, and what goes back."""

import json
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.local_gcp.api.errors import Json


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request."""

    http: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered."""

    code: int
    body: bytes = field(repr=False, default=b"")
    kind: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def of(cls, content: Json, code: int = 200, **more: Any) -> "Response":
        """An answer in JSON."""
        return cls(code, json.dumps(content, ensure_ascii=False).encode(), **more)
