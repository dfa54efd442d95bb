"""Long-running operations: started, polled, done or failed. Source: AIP-151, google.longrunning.Operations."""

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import ApiError, Json, not_found

if TYPE_CHECKING:
    from keystead_sandbox.local_gcp.cloud import Cloud

MOST = 2000
"""Operations that are remembered; the oldest are forgotten first."""


class Operations:
    """The operations of the cloud, by name."""

    def __init__(self) -> None:
        self._operations: dict[str, Json] = {}

    def find(self, name: str) -> Json:
        """An operation as it stands."""
        found = self._operations.get(name)
        if found is None:
            raise not_found(f"Operation {name} not found.")
        return found

    def below(self, parent: str) -> list[Json]:
        """The operations of a location."""
        return [one for name, one in self._operations.items() if name.startswith(f"{parent}/operations/")]

    def done(self, parent: str, response: Json, kind: str = "", metadata: Json | None = None) -> Json:
        """An operation that has already ended well."""
        operation = self._new(parent, metadata)
        operation["done"] = True
        operation["response"] = {"@type": f"type.googleapis.com/{kind}", **response} if kind else response
        return operation

    def start(self, cloud: "Cloud", parent: str, kind: str, work: Callable[[], Json], metadata: Json) -> Json:
        """An operation whose work runs in the background; it takes the cloud's lock itself where it needs it."""
        operation = self._new(parent, metadata)

        def run() -> None:
            try:
                response = work()
            except ApiError as error:
                with cloud.lock:
                    operation.update(done=True, error=error.rpc())
            except Exception as error:  # noqa: BLE001 - an operation that never ends would hang who polls it
                with cloud.lock:
                    text = f"{type(error).__name__}: {error}"
                    operation.update(done=True, error=ApiError("INTERNAL", text).rpc())
            else:
                with cloud.lock:
                    operation.update(done=True, response={"@type": f"type.googleapis.com/{kind}", **response})

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


def _get(call: Call) -> Json:
    return dict(call.cloud.operations.find(call.name))


def _list(call: Call) -> Json:
    return {"operations": call.cloud.operations.below(call.name)}


for _api in [
    "secretmanager",
    "cloudkms",
    "iam",
    "cloudfunctions",
    "run",
    "cloudscheduler",
    "serviceusage",
    "cloudresourcemanager",
    "accesscontextmanager",
    "logging",
]:
    handles(f"{_api}.operations.get")(_get)
    handles(f"{_api}.operations.list")(_list)
