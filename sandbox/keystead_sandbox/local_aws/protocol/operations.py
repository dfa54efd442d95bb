"""Operations of JSON-protocol services that this package adds or answers itself."""

import json
from collections.abc import Callable
from typing import Any

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response

Handler = Callable[[dict[str, Any]], Response]


def answering(operation: Handler) -> Handler:
    """The operation, with its refusals turned into answers."""

    def answered(data: dict[str, Any]) -> Response:
        try:
            return operation(data)
        except AwsError as error:
            return error.response()

    return answered


def add_operations(service: Any, operations: dict[str, Handler]) -> None:
    """Let a service answer operations it does not have."""
    known = ministack.original(service, "handle_request")

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        operation = operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await known(method, path, headers, body, query)
        return answering(operation)(json.loads(body or b"{}"))

    ministack.replace(service, "handle_request", handle)
