"""A strict sandbox refuses more calls than Google documents.

Source: Secret Manager, "Quotas and limits": 90,000 access, 600 read and 600 write requests a minute and project.
"""

from collections.abc import Callable

from keystead_sandbox.common.quota import Quota
from keystead_sandbox.local_gcp.api.errors import ApiError

API = "secretmanager"
A_MINUTE = {"Access": 90_000, "Read": 600, "Write": 600}
READS = frozenset({"get", "list", "getIamPolicy", "testIamPermissions"})


class Quotas:
    """The calls of each project, counted where that is asked."""

    def __init__(self, now: Callable[[], float], *, strict: bool) -> None:
        self._now = now
        self._strict = strict
        self._quotas: dict[tuple[str, str], Quota] = {}

    def count(self, api: str, action: str, number: str) -> None:
        """Refuse a call to the project with this number that is one too many."""
        if not self._strict or api != API:
            return
        kind = "Access" if action == "access" else "Read" if action in READS else "Write"
        quota = self._quotas.setdefault((number, kind), Quota(self._now, A_MINUTE[kind], 60))
        if not quota.take():
            raise ApiError(
                "RESOURCE_EXHAUSTED",
                f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute' of service "
                f"'{API}.googleapis.com' for consumer 'project_number:{number}'.",
            )
