"""The state of one local GCP: its projects, resources, policies, tokens, operations and logs."""

import re
import threading
from collections.abc import Callable

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.discovery import Routes
from keystead_sandbox.local_gcp.conditions import Asked
from keystead_sandbox.local_gcp.errors import ApiError, Json, info, not_found
from keystead_sandbox.local_gcp.faults import Faults
from keystead_sandbox.local_gcp.federated import Federated
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.logs import Logs
from keystead_sandbox.local_gcp.objects import Objects
from keystead_sandbox.local_gcp.operations import Operations
from keystead_sandbox.local_gcp.policies import Policies
from keystead_sandbox.local_gcp.resources import Store
from keystead_sandbox.local_gcp.settings import Settings, deployer
from keystead_sandbox.local_gcp.tokens import Tokens

LOCATION = re.compile(r"global|us|eu|europe|asia|[a-z]{2,4}\d{1,2}|[a-z]+-[a-z]+\d{1,2}(-[a-z])?|-")
ENABLED = (
    "cloudapis.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)
"""Services a project of the sandbox starts with: what Google enables in new projects, and what bootstraps the rest."""

AGENTS = {
    "secretmanager.googleapis.com": "service-{number}@gcp-sa-secretmanager.iam.gserviceaccount.com",
    "cloudkms.googleapis.com": "service-{number}@gcp-sa-cloudkms.iam.gserviceaccount.com",
    "pubsub.googleapis.com": "service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com",
    "cloudscheduler.googleapis.com": "service-{number}@gcp-sa-cloudscheduler.iam.gserviceaccount.com",
    "cloudfunctions.googleapis.com": "service-{number}@gcf-admin-robot.iam.gserviceaccount.com",
    "run.googleapis.com": "service-{number}@serverless-robot-prod.iam.gserviceaccount.com",
    "eventarc.googleapis.com": "service-{number}@gcp-sa-eventarc.iam.gserviceaccount.com",
    "logging.googleapis.com": "service-{number}@gcp-sa-logging.iam.gserviceaccount.com",
    "monitoring.googleapis.com": "service-{number}@gcp-sa-monitoring-notification.iam.gserviceaccount.com",
}
"""Service agents. Source: IAM guide, "Service agents"."""

ON_DEMAND = frozenset({"secretmanager.googleapis.com"})
"""Services whose agent exists only after generateServiceIdentity; the others get theirs when they are enabled."""


class Cloud:
    """Everything the handlers share. `lock` is held while a handler runs, and never over a call to a function."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.RLock()
        self.routes = Routes()
        self.store = Store()
        self.policies = Policies()
        self.tokens = Tokens(settings.token)
        self.operations = Operations()
        self.logs = Logs()
        self.faults = Faults()
        self.incidents: list[Json] = []
        """What alert policies have opened, closed ones included."""
        self.services = {project: set(ENABLED) for project in settings.projects}
        self.objects = Objects()
        self.buckets: dict[str, Json] = {}
        self.labels: dict[str, dict[str, str]] = {}
        """Labels of the projects."""
        self.born = clock.now()
        self.metadata: dict[str, str] = {}
        """What a function's metadata server answers for: its secret path -> its account."""
        self.wake: Callable[[], None] = lambda: None
        """Makes the timeline look for due events at once."""
        self._deployers = {deployer(project) for project in settings.projects}
        self._projects = {number: project for project, number in settings.projects.items()}
        for project in settings.projects:
            self.policies.accounts.add(deployer(project))
            owner = {"role": "roles/owner", "members": [f"serviceAccount:{deployer(project)}"]}
            self.policies.set(f"projects/{project}", {"bindings": [owner]})
            for service in ENABLED:
                self.enable(project, service)

    def number(self, project: str) -> str:
        """A project's number."""
        return self.settings.projects[project]

    def canonical(self, name: str) -> str:
        """A resource name with the project's id where its number was given."""
        parts = name.split("/")
        if parts[0] == "projects" and len(parts) > 1 and parts[1] in self._projects:
            parts[1] = self._projects[parts[1]]
        return "/".join(parts)

    def shown(self, api: str, name: str) -> str:
        """A resource name as its API answers it: Secret Manager and identity pools name projects by their number."""
        parts = name.split("/")
        if api == "storage" and parts[2:3] == ["buckets"]:
            parts[1] = "_"
        numbered = api == "secretmanager" or "workloadIdentityPools" in parts
        if numbered and parts[0] == "projects" and parts[1] in self.settings.projects:
            parts[1] = self.number(parts[1])
        return "/".join(parts)

    def project_of(self, name: str) -> str:
        """The project id in a resource name; empty where there is none."""
        parts = name.split("/")
        return parts[1] if parts[0] == "projects" and len(parts) > 1 else ""

    def check_location(self, name: str) -> None:
        """Refuse a location Google does not have."""
        found = re.search(r"/locations/([^/]+)", name)
        if found and not LOCATION.fullmatch(found[1]):
            raise not_found(f"Location '{found[1]}' is not found or access is unauthorized.")

    def enable(self, project: str, service: str) -> None:
        """Enable a service in a project, with its agent."""
        self.services[project].add(service)
        if service not in ON_DEMAND:
            self.make_identity(project, service)

    def agent(self, project: str, service: str) -> str:
        """The e-mail address of a service's agent in a project, whether it exists or not."""
        pattern = AGENTS.get(
            service, "service-{number}@gcp-sa-" + service.partition(".")[0] + ".iam.gserviceaccount.com"
        )
        return pattern.format(number=self.number(project))

    def make_identity(self, project: str, service: str) -> str:
        """Make a service's agent exist."""
        email = self.agent(project, service)
        self.policies.accounts.add(email)
        return email

    def known(self, account: str) -> bool:
        """Whether a token's account exists: here, in a pool, or in a project of another cloud of this sandbox."""
        if isinstance(account, Federated) or account in self.policies.accounts:
            return True
        project = account.partition("@")[2].partition(".")[0]
        return "@" in account and not account.startswith("identity:") and project not in self.settings.projects

    def has_agent(self, project: str, service: str) -> bool:
        """Whether a service's agent exists."""
        return self.agent(project, service) in self.policies.accounts

    def may(self, account: str, permission: str, name: str) -> bool:
        """Whether an account holds a permission on a resource now; above the projects the deployers hold all."""
        api = permission.partition(".")[0]
        if isinstance(account, Federated) and not self.admits(account):
            return False
        if not name.startswith("projects/"):
            return account in self._deployers
        return self.policies.allowed(account, permission, name, self.asked(api, name))

    def admits(self, caller: Federated) -> bool:
        """Whether the pool of an external identity is in use: a disabled or deleted one grants nothing."""
        pool = self.store.find(self.canonical(caller.pool))
        return pool is not None and pool.body["state"] == "ACTIVE" and not pool.body.get("disabled")

    def demand(self, account: str, permission: str, name: str) -> None:
        """Refuse with 403 unless an account holds a permission on a resource."""
        if not self.may(account, permission, name):
            raise self.denied(account, permission, name)

    def denied(self, account: str, permission: str, name: str) -> ApiError:
        """The refusal of who lacks a permission."""
        api = permission.partition(".")[0]
        if api == "storage":
            text = f"{account} does not have {permission} access to the Google Cloud Storage resource."
            return ApiError(
                "PERMISSION_DENIED", f"{text} Permission '{permission}' denied on resource (or it may not exist)."
            )
        link = "for" if api == "secretmanager" else "on"
        text = f"Permission '{permission}' denied {link} resource '{name}' (or it may not exist)."
        details = info("IAM_PERMISSION_DENIED", f"{api}.googleapis.com", permission=permission, resource=name)
        return ApiError("PERMISSION_DENIED", text, details)

    def asked(self, api: str, name: str) -> Asked:
        """What conditions see of a resource."""
        parts = name.split("/")
        kind = KINDS.get(f"{api}.{parts[-2]}") if len(parts) > 1 else None
        kind_name = kind.type if kind else "cloudresourcemanager.googleapis.com/Project"
        if parts[2:3] == ["buckets"]:
            kind_name = f"storage.googleapis.com/{'Object' if parts[4:5] == ['objects'] else 'Bucket'}"
        return Asked(self.clock.now(), self.shown(api, name), kind_name, kind_name.partition("/")[0])

    def check_enabled(self, project: str, api: str) -> None:
        """Refuse with Google's words when a service is not enabled in a project."""
        service = f"{api}.googleapis.com"
        if service in self.services.get(project, {service}) or api in {"iamcredentials", "run"}:
            return
        number = self.number(project)
        url = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
        text = (
            f"{service} API has not been used in project {number} before or it is disabled. Enable it by visiting {url}"
            " then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our"
            " systems and retry."
        )
        details = info(
            "SERVICE_DISABLED", "googleapis.com", service=service, consumer=f"projects/{number}", activationUrl=url
        )
        raise ApiError("PERMISSION_DENIED", text, details)
