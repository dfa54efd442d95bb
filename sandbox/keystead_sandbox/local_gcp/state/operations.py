"""Long-running operations: started, polled, done or failed. Source: AIP-151, google.longrunning.Operations."""

import threading
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager

from keystead_sandbox.local_gcp.api.errors import ApiError, Json, not_found

MOST = 2000
"""Operations that are remembered; the oldest are forgotten first."""


class Operations:
    """The operations of the cloud, by name; they change under the cloud's lock."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._operations: dict[str, Json] = {}

    def find(self, name: str) -> Json:
        """The current state of an operation."""
        found = self._operations.get(name)
        if found is None:
            raise not_found(f"Operation {name} not found.")
        return dict(found)

    def below(self, parent: str) -> list[Json]:
        """The operations of a location."""
        return [one for name, one in self._operations.items() if name.startswith(f"{parent}/operations/")]

    def done(self, parent: str, response: Json, message: str = "", metadata: Json | None = None) -> Json:
        """An operation that has already ended well; `message` is the protocol buffer of its response."""
        operation = self._new(parent, metadata)
        operation.update(done=True, response=_typed(message, response))
        return operation

    def start(self, parent: str, message: str, work: Callable[[], Json], metadata: Json) -> Json:
        """An operation whose work runs in the background; it takes the cloud's lock itself where it needs it."""
        operation = self._new(parent, metadata)

        def run() -> None:
            try:
                end: Json = {"response": _typed(message, work())}
            except ApiError as error:
                end = {"error": error.rpc()}
            except Exception as error:  # noqa: BLE001 - a client would poll an operation that never ends forever
                end = {"error": ApiError("INTERNAL", f"{type(error).__name__}: {error}").rpc()}
            with self._lock:
                operation.update(done=True, **end)

        threading.Thread(target=run, name="operation", daemon=True).start()
        return operation

    def _new(self, parent: str, metadata: Json | None) -> Json:
        name = f"{parent}/operations/operation-{uuid.uuid4()}" if parent else f"operations/{uuid.uuid4()}"
        operation: Json = {"name": name}
        if metadata is not None:
            operation["metadata"] = metadata
        self._operations[name] = operation
        while len(self._operations) > MOST:
            del self._operations[next(iter(self._operations))]
        return operation


def _typed(message: str, response: Json) -> Json:
    return {"@type": f"type.googleapis.com/{message}", **response} if message else response
