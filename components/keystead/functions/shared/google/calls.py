"""What stores and rotators need of Google's APIs, without the HTTP behind them."""

from collections.abc import Mapping
from typing import Any, Protocol


class ApiCalls(Protocol):
    """Methods of Google's APIs, called as one account."""

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call a method and return its answer; ApiError where it fails."""
