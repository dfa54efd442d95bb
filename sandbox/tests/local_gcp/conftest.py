"""A local GCP for each test module, and the small things tests make in it."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.local_process import LocalProcess

ROOT = Path(__file__).parents[3]
DEV, PROD = "acme-dev", "acme-prod"
NUMBERS = {DEV: "100000000001", PROD: "100000000002"}
SERVICES = (
    *("secretmanager", "cloudkms", "pubsub", "iamcredentials", "cloudfunctions", "run", "cloudscheduler", "eventarc"),
    *("accesscontextmanager", "sts"),
)


@dataclass(frozen=True)
class Answer:
    """A status and a decoded body."""

    code: int
    body: Any

    @property
    def status(self) -> str:
        found: str = self.body["error"]["status"]
        return found

    @property
    def message(self) -> str:
        found: str = self.body["error"]["message"]
        return found


class LocalCloud(LocalProcess):
    """A running cloud as its deployers see it."""

    def deployer(self, project: str = DEV) -> str:
        return (self.directory / "tokens" / f"{project}.token").read_text()

    def call(
        self,
        http: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        project: str = DEV,
        kind: str = "application/json",
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", urlsplit(self.plain).port or 0, timeout=20)
        bearer = self.deployer(project) if token is None else token
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(http, path, content, {**headers, "content-type": kind})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        is_json = "json" in (response.getheader("content-type") or "")
        return Answer(response.status, json.loads(text) if is_json else text.decode())

    def ok(self, http: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.call(http, path, body, **more)
        assert answer.code == 200, answer.body
        return answer.body

    def now(self) -> float:
        return time.time() + float(self.ask("status")[0]["offset"])

    def timestamp(self, seconds: float) -> str:
        """A time so many seconds after the present one of the cloud."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() + seconds))

    def account(self, name: str, project: str = DEV) -> str:
        """A new service account's e-mail address."""
        body = {"accountId": name}
        made = self.ok("POST", f"/v1/projects/{project}/serviceAccounts", body, project=project)
        return str(made["email"])

    def impersonate(self, email: str) -> str:
        """A token of a service account."""
        project = email.partition("@")[2].partition(".")[0]
        body = {"scope": ["https://www.googleapis.com/auth/cloud-platform"]}
        path = f"/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        return str(self.ok("POST", path, body, project=project)["accessToken"])

    def grant(self, path: str, role: str, member: str, condition: str = "", project: str = DEV) -> None:
        """Add a binding to a resource's policy, read-modify-write."""
        of_project = path.count("/") == 3
        get = "POST" if of_project or "/serviceAccounts/" in path else "GET"
        version = "" if of_project else "?options.requestedPolicyVersion=3"
        body = {"options": {"requestedPolicyVersion": 3}} if of_project else None
        policy = self.ok(get, f"{path}:getIamPolicy{version}", body, project=project)
        binding: dict[str, Any] = {"role": role, "members": [member]}
        if condition:
            binding["condition"] = {"title": "when", "expression": condition}
        policy.setdefault("bindings", []).append(binding)
        policy["version"] = 3
        self.ok("POST", f"{path}:setIamPolicy", {"policy": policy}, project=project)

    def revoke(self, path: str, member: str) -> None:
        """Remove a member from a resource's policy."""
        policy = self.ok("GET", f"{path}:getIamPolicy?options.requestedPolicyVersion=3")
        kept = [one for one in policy.get("bindings", []) if member not in one["members"]]
        self.ok("POST", f"{path}:setIamPolicy", {"policy": {**policy, "bindings": kept, "version": 3}})

    def secret(self, name: str, value: str = "", project: str = DEV, **body: Any) -> str:
        """A secret, with a value when one is given; its path."""
        content = {"replication": {"automatic": {}}, **body}
        self.ok("POST", f"/v1/projects/{project}/secrets?secretId={name}", content, project=project)
        path = f"/v1/projects/{project}/secrets/{name}"
        if value:
            self.add(path, value, project=project)
        return path

    def add(self, path: str, value: str, **more: Any) -> Any:
        data = base64.b64encode(value.encode()).decode()
        return self.ok("POST", f"{path}:addVersion", {"payload": {"data": data}}, **more)

    def read(self, path: str, version: str = "latest", **more: Any) -> str:
        found = self.ok("GET", f"{path}/versions/{version}:access", **more)
        return base64.b64decode(found["payload"]["data"]).decode()

    def key(self, ring: str, name: str, location: str = "global", **body: Any) -> str:
        """A key in a ring of its own; its path."""
        rings = f"/v1/projects/{DEV}/locations/{location}/keyRings"
        if self.call("GET", f"{rings}/{ring}").code != 200:
            self.ok("POST", f"{rings}?keyRingId={ring}", {})
        content = {"purpose": "ENCRYPT_DECRYPT", **body}
        self.ok("POST", f"{rings}/{ring}/cryptoKeys?cryptoKeyId={name}", content)
        return f"{rings}/{ring}/cryptoKeys/{name}"

    def agent(self, service: str = "secretmanager", project: str = DEV) -> str:
        """Make a service's agent exist; its e-mail address."""
        path = f"/v1beta1/projects/{project}/services/{service}.googleapis.com:generateServiceIdentity"
        return str(self.ok("POST", path, project=project)["response"]["email"])

    def topic(self, name: str) -> str:
        self.ok("PUT", f"/v1/projects/{DEV}/topics/{name}", {})
        return f"projects/{DEV}/topics/{name}"

    def pulled(self, subscription: str, most: int = 10) -> list[Any]:
        path = f"/v1/projects/{DEV}/subscriptions/{subscription}:pull"
        found: list[Any] = self.ok("POST", path, {"maxMessages": most}).get("receivedMessages", [])
        return found


def start(directory: Path, *options: str, owner: int | None = None) -> LocalCloud:
    own = [part for project, number in NUMBERS.items() for part in ("--project", f"{project}={number}")]
    own += ["--tokens", str(directory / "tokens"), "--registry", str(directory / "sandbox.json"), *options]
    cloud = LocalCloud.started("keystead_sandbox.local_gcp", directory, own, {}, owner)
    names = [f"{service}.googleapis.com" for service in SERVICES]
    for project in NUMBERS:
        cloud.ok("POST", f"/v1/projects/{project}/services:batchEnable", {"serviceIds": names}, project=project)
    return cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    running = start(tmp_path_factory.mktemp("gcp"))
    yield running
    running.stop()


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of one test's own, to be killed or moved in time."""
    running = start(tmp_path)
    yield running
    running.stop()
