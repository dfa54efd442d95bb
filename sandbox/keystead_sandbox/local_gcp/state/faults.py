"""Injected faults: calls that are refused, whose answer is lost, or during which every function is killed.

`POST /_keystead/faults` takes {"method": "secretmanager.versions.*", "resource": "*/secrets/dev-*", "status":
"UNAVAILABLE", "when": "before", "times": 1, "skip": 0, "kill": false}: the next `times` fitting calls, after `skip`
that succeed, answer the status before anything is done, or (`"when": "after"`) once it is done. With `kill` the
processes of all functions are killed then. {"clear": true} forgets all faults. Methods are API.collection.action,
with wildcards; resources have the project's id.
"""

from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from keystead_sandbox.local_gcp.api.errors import CODES, ApiError, Json

WORDS = {
    "RESOURCE_EXHAUSTED": "Quota exceeded for quota metric '{method}' and limit '{method} per minute'.",
    "UNAVAILABLE": "The service is currently unavailable.",
    "DEADLINE_EXCEEDED": "Deadline expired before operation could complete.",
}


@dataclass(slots=True)
class Fault:
    """Which calls fail, how, when and how often."""

    method: str
    resource: str = "*"
    status: str = "UNAVAILABLE"
    when: str = "before"
    times: int = 1
    skip: int = 0
    kill: bool = False

    def error(self, method: str) -> ApiError:
        """The error that the caller gets."""
        return ApiError(self.status, WORDS.get(self.status, "Internal error encountered.").format(method=method))


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._met = 0

    def take(self, method: str, resource: str) -> Fault | None:
        """The fault that a call runs into; it counts down with it."""
        for fault in self._faults:
            if fnmatchcase(method, fault.method) and fnmatchcase(resource, fault.resource):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                self._met += 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    def command(self, given: Json) -> Json:
        """Add a fault or forget all; the faults left, and how many calls have run into one."""
        if given.get("clear"):
            self._faults.clear()
        elif given:
            self._faults.append(_checked(given))
        return {"waiting": [asdict(fault) for fault in self._faults], "met": self._met}


def _checked(given: dict[str, Any]) -> Fault:
    known = {one.name for one in fields(Fault)}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    fault = Fault(**given)
    if fault.status not in CODES:
        raise ValueError(f"status {fault.status} is none of {', '.join(CODES)}")
    if fault.when not in {"before", "after"} or fault.times < 1 or fault.skip < 0:
        raise ValueError("a fault comes before or after, at least once, after at least 0 calls")
    return fault
