"""What the functions need of Google's APIs, without the HTTP behind it: rotators do not know the cloud."""

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
        query: dict[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call a method and return its answer; ApiError where it fails."""
