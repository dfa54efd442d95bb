"""A local GCP for the functions' tests, asked over plain HTTP as the functions themselves ask."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from keystead.functions.shared.google.api import Api
from keystead.functions.shared.redaction import Sensitive
from tests.local_process import LocalProcess, until

PROJECT, NUMBER, LOCATION = "acme-prod", "300000000003", "us-east1"
SERVICES = ("secretmanager", "pubsub", "iam", "iamcredentials", "cloudfunctions", "run", "cloudscheduler")
SCOPE = ["https://www.googleapis.com/auth/cloud-platform"]
DAY = 86400

ROTATES = (
    *("secretmanager.secrets.get", "secretmanager.secrets.update"),
    *(f"secretmanager.versions.{verb}" for verb in ("access", "add", "destroy", "disable", "get", "list")),
)
"""All that the rotator may do with the environment's secrets."""

LISTS = ("secretmanager.secrets.list",)
"""What it may do in the project."""


class Bearer:
    """One token."""

    def __init__(self, token: str) -> None:
        self._token = Sensitive(token)

    def get(self) -> Sensitive:
        return self._token

    def forget(self) -> None:
        """It stays what it is."""


class LocalGcp(LocalProcess):
    """One project, as its deployer sets it up."""

    @property
    def deployer(self) -> Api:
        return Api(Bearer((self.directory / "tokens" / f"{PROJECT}.token").read_text()))

    def call(self, http: str, service: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        return self.deployer.call(http, service, path, body, query=query)

    def account(self, name: str) -> str:
        made = self.call("POST", "iam", f"v1/projects/{PROJECT}/serviceAccounts", {"accountId": name})
        return str(made["email"])

    def acting_as(self, email: str) -> Api:
        path = f"v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        return Api(Bearer(self.call("POST", "iamcredentials", path, {"scope": SCOPE})["accessToken"]))

    def grant(self, service: str, path: str, role: str, member: str, condition: str = "") -> None:
        """Add a binding to the policy of a resource."""
        reads = "POST" if service == "cloudresourcemanager" or "/serviceAccounts/" in path else "GET"
        policy = self.call(reads, service, f"{path}:getIamPolicy", {} if reads == "POST" else None)
        binding: dict[str, Any] = {"role": role, "members": [member]}
        if condition:
            binding["condition"] = {"title": "own", "expression": condition}
        bindings = [*policy.get("bindings", []), binding]
        self.call("POST", service, f"{path}:setIamPolicy", {"policy": {**policy, "bindings": bindings, "version": 3}})

    def prepare(self) -> None:
        """Switch the services on, make the topic, let Secret Manager publish to it, make the rotator's role."""
        names = [f"{service}.googleapis.com" for service in SERVICES]
        self.call("POST", "serviceusage", f"v1/projects/{PROJECT}/services:batchEnable", {"serviceIds": names})
        self.call("PUT", "pubsub", f"v1/projects/{PROJECT}/topics/prod-rotation", {})
        path = f"v1beta1/projects/{PROJECT}/services/secretmanager.googleapis.com:generateServiceIdentity"
        agent = self.call("POST", "serviceusage", path)["response"]["email"]
        topic = f"v1/projects/{PROJECT}/topics/prod-rotation"
        self.grant("pubsub", topic, "roles/pubsub.publisher", f"serviceAccount:{agent}")
        for name, permissions in (("rotator", ROTATES), ("sweep", LISTS)):
            role = {
                "roleId": f"keystead_prod_{name}",
                "role": {"includedPermissions": list(permissions), "stage": "GA"},
            }
            self.call("POST", "iam", f"v1/projects/{PROJECT}/roles", role)

    def rotator(self, name: str) -> str:
        """An account that may rotate the environment's secrets, and nothing else."""
        email = self.account(name)
        condition = f'resource.name.startsWith("projects/{NUMBER}/secrets/prod-")'
        role = f"projects/{PROJECT}/roles/keystead_prod_rotator"
        self.grant("cloudresourcemanager", f"v3/projects/{PROJECT}", role, f"serviceAccount:{email}", condition)
        lists = f"projects/{PROJECT}/roles/keystead_prod_sweep"
        self.grant("cloudresourcemanager", f"v3/projects/{PROJECT}", lists, f"serviceAccount:{email}")
        return email

    def secret(self, name: str, **more: Any) -> None:
        """A secret that asks for rotation every 90 days."""
        following = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() + 90 * DAY))
        body = {
            "replication": {"automatic": {}},
            "topics": [{"name": f"projects/{PROJECT}/topics/prod-rotation"}],
            "rotation": {"nextRotationTime": following, "rotationPeriod": f"{90 * DAY}s"},
            **more,
        }
        self.call("POST", "secretmanager", f"v1/projects/{PROJECT}/secrets", body, secretId=name)

    def now(self) -> float:
        return time.time() + float(self.ask("status")[0]["offset"])

    def faults(self, **fault: Any) -> None:
        """Let the next calls of a method fail."""
        self.ask("faults", fault)

    def deploy(self, name: str, archive: bytes, account: str) -> str:
        """A function from an archive; where it is called."""
        functions = f"v2/projects/{PROJECT}/locations/{LOCATION}/functions"
        place = self.call("POST", "cloudfunctions", f"{functions}:generateUploadUrl", {})
        request = urllib.request.Request(place["uploadUrl"], archive, method="PUT")  # noqa: S310 - this cloud
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - as above
            pass
        source = {"storageSource": place["storageSource"]}
        body = {
            "buildConfig": {"runtime": "python312", "entryPoint": "handle", "source": source},
            "serviceConfig": {"serviceAccountEmail": account},
        }
        started = self.call("POST", "cloudfunctions", functions, body, functionId=name)["name"]
        done = until(lambda: self._done(started), 60)
        assert "error" not in done, done
        return str(done["response"]["url"])

    def _done(self, operation: str) -> dict[str, Any] | None:
        found = self.call("GET", "cloudfunctions", f"v2/{operation}")
        return found if found.get("done") else None

    def logged(self, event: str) -> list[dict[str, Any]]:
        asked = {"resourceNames": [f"projects/{PROJECT}"], "filter": f'jsonPayload.event="{event}"'}
        entries: list[dict[str, Any]] = self.call("POST", "logging", "v2/entries:list", asked).get("entries", [])
        return entries

    def everything_logged(self) -> str:
        return json.dumps(self.call("POST", "logging", "v2/entries:list", {"resourceNames": [f"projects/{PROJECT}"]}))


def start(directory: Path) -> LocalGcp:
    own = ["--project", f"{PROJECT}={NUMBER}", "--tokens", str(directory / "tokens")]
    own += ["--registry", str(directory / "sandbox.json")]
    return LocalGcp.started("keystead_sandbox.local_gcp", directory, own, {}, None)
