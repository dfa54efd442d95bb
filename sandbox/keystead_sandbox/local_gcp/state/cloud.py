"""The state of one local GCP: its projects, resources, policies, tokens, operations and logs."""

import re
import threading
from collections.abc import Callable

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.discovery import Routes
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, info, not_found
from keystead_sandbox.local_gcp.settings import Settings, deployer, project_of_account
from keystead_sandbox.local_gcp.state import policies, services
from keystead_sandbox.local_gcp.state.conditions import Context
from keystead_sandbox.local_gcp.state.faults import Faults
from keystead_sandbox.local_gcp.state.federated import Federated
from keystead_sandbox.local_gcp.state.kinds import kind_at
from keystead_sandbox.local_gcp.state.logs import Logs
from keystead_sandbox.local_gcp.state.operations import Operations
from keystead_sandbox.local_gcp.state.policies import Policies
from keystead_sandbox.local_gcp.state.quotas import Quotas
from keystead_sandbox.local_gcp.state.resources import Store
from keystead_sandbox.local_gcp.state.services import Services
from keystead_sandbox.local_gcp.state.storage import Storage
from keystead_sandbox.local_gcp.state.tokens import Tokens

LOCATION = re.compile(r"global|us|eu|europe|asia|[a-z]{2,4}\d{1,2}|[a-z]+-[a-z]+\d{1,2}(-[a-z])?|-")


class Cloud:
    """Everything the handlers share. `lock` is held while a handler runs, and never over a call to a function."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.RLock()
        self.routes = Routes()
        self.store = Store()
        self.policies = Policies(clock.now)
        late = services.LATE_SECONDS if settings.strict else 0
        self.services = Services(settings.projects, self.policies.accounts, clock.now, late)
        self.quotas = Quotas(clock.now, strict=settings.strict)
        self.tokens = Tokens(settings.token)
        self.operations = Operations(self.lock)
        self.logs = Logs()
        self.faults = Faults()
        self.storage = Storage()
        self.incidents: list[Json] = []
        """What alert policies have opened, closed ones included."""
        self.labels: dict[str, dict[str, str]] = {}
        """Labels of the projects."""
        self.created = clock.now()
        self.metadata: dict[str, str] = {}
        """Metadata servers of functions: secret path -> account."""
        self.wake: Callable[[], None] = lambda: None
        """Makes the timeline look for due events at once."""
        self._deployers = {deployer(project) for project in settings.projects}
        self._projects = {number: project for project, number in settings.projects.items()}
        for project in settings.projects:
            self.policies.accounts.add(deployer(project))
            owner = {"role": "roles/owner", "members": [f"serviceAccount:{deployer(project)}"]}
            self.policies.set(f"projects/{project}", {"bindings": [owner]})
        self.policies.late = policies.LATE_SECONDS if settings.strict else 0

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

    def agent_of(self, name: str, service: str) -> str:
        """The agent that acts for a service in the project of a resource."""
        return self.services.agent(self.project_of(name), service)

    def known(self, account: str) -> bool:
        """Whether a token's account exists: here, in a pool, or in a project of another cloud of this sandbox."""
        if isinstance(account, Federated) or account in self.policies.accounts:
            return True
        project = project_of_account(account)
        return "@" in account and not account.startswith("identity:") and project not in self.settings.projects

    def may(self, account: str, permission: str, name: str) -> bool:
        """Whether an account holds a permission on a resource now; above the projects the deployers hold all."""
        api = permission.partition(".")[0]
        if isinstance(account, Federated) and not self._admits(account):
            return False
        if not name.startswith("projects/"):
            return account in self._deployers
        return self.policies.allowed(account, permission, name, self._context(api, name))

    def demand(self, account: str, permission: str, name: str) -> None:
        """Refuse with 403 unless an account holds a permission on a resource."""
        if not self.may(account, permission, name):
            raise denied(account, permission, name)

    def _admits(self, caller: Federated) -> bool:
        """Whether the pool of an external identity is in use: a disabled or deleted one grants nothing."""
        pool = self.store.find(self.canonical(caller.pool))
        return pool is not None and pool.body["state"] == "ACTIVE" and not pool.body.get("disabled")

    def _context(self, api: str, name: str) -> Context:
        parts = name.split("/")
        kind = kind_at(api, name)
        kind_name = kind.resource_type if kind else "cloudresourcemanager.googleapis.com/Project"
        if parts[2:3] == ["buckets"]:
            kind_name = f"storage.googleapis.com/{'Object' if parts[4:5] == ['objects'] else 'Bucket'}"
        return Context(self.clock.now(), self.shown(api, name), kind_name, kind_name.partition("/")[0])


def denied(account: str, permission: str, name: str) -> ApiError:
    """The refusal of an account that lacks a permission."""
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
