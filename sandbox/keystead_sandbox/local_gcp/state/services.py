"""Which services are enabled in which project, and the service agents that act for them."""

from collections.abc import Callable, Mapping

from keystead_sandbox.local_gcp.api.errors import ApiError, info

ENABLED = (
    "cloudapis.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)
"""Services that a new project starts with."""

AGENTS = {
    "cloudfunctions.googleapis.com": "gcf-admin-robot",
    "run.googleapis.com": "serverless-robot-prod",
    "monitoring.googleapis.com": "gcp-sa-monitoring-notification",
}
"""Domains of agents that are not `gcp-sa-SERVICE`. Source: IAM guide, "Service agents"."""

ON_DEMAND = frozenset({"secretmanager.googleapis.com"})
"""Services whose agent exists only after generateServiceIdentity; the others get theirs when they are enabled."""

ALWAYS = frozenset({"iamcredentials.googleapis.com", "run.googleapis.com"})
"""Services whose calls are taken in every project."""


LATE_SECONDS = 60
"""How late a service takes calls after it was enabled, in a strict sandbox: "wait a few minutes for the action to
propagate", as the refusal says."""


class Services:
    """The enabled services of each project; `accounts` are the e-mail addresses that exist in the cloud.

    A service takes calls `late` seconds after it was enabled.
    """

    def __init__(
        self, projects: Mapping[str, str], accounts: set[str], now: Callable[[], float], late: float = 0
    ) -> None:
        self._now = now
        self._late = late
        self._since: dict[tuple[str, str], float] = {}
        self._numbers = projects
        self._accounts = accounts
        self._enabled: dict[str, set[str]] = {project: set() for project in projects}
        for project in projects:
            self.enable(project, *ENABLED)

    def enabled(self, project: str) -> list[str]:
        """The enabled services of a project."""
        return sorted(self._enabled[project])

    def enable(self, project: str, *services: str) -> None:
        """Enable services in a project, with their agents."""
        for service in set(services) - self._enabled[project]:
            self._since[project, service] = self._now()
        self._enabled[project].update(services)
        for service in services:
            if service not in ON_DEMAND:
                self.make_agent(project, service)

    def disable(self, project: str, service: str) -> None:
        """Disable a service: its resources stay, its calls are refused."""
        self._enabled[project].discard(service)

    def agent(self, project: str, service: str) -> str:
        """The e-mail address of a service's agent in a project, whether it exists or not."""
        domain = AGENTS.get(service, f"gcp-sa-{service.partition('.')[0]}")
        return f"service-{self._numbers[project]}@{domain}.iam.gserviceaccount.com"

    def make_agent(self, project: str, service: str) -> str:
        """Make a service's agent exist."""
        email = self.agent(project, service)
        self._accounts.add(email)
        return email

    def has_agent(self, project: str, service: str) -> bool:
        """Whether a service's agent exists."""
        return self.agent(project, service) in self._accounts

    def _takes(self, project: str, service: str) -> bool:
        since = self._since.get((project, service), 0.0)
        return service in ENABLED or self._now() >= since + self._late

    def check_enabled(self, project: str, service: str) -> None:
        """Refuse with Google's message when a service is not enabled in a project."""
        if service in ALWAYS or (service in self._enabled.get(project, {service}) and self._takes(project, service)):
            return
        number = self._numbers[project]
        url = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
        text = (
            f"{service} API has not been used in project {number} before or it is disabled. Enable it by visiting {url}"
            " then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our"
            " systems and retry."
        )
        about = {"service": service, "consumer": f"projects/{number}", "activationUrl": url}
        raise ApiError("PERMISSION_DENIED", text, info("SERVICE_DISABLED", "googleapis.com", **about))
