"""One environment's GCP project as those who call its REST interface see it, without Google's own clients."""

import base64
import datetime as dt
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.e2e.landscape import Sandbox

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
NOBODY = ""
"""In place of a token: a call without one."""


@dataclass(frozen=True)
class Answer:
    """A status and a decoded body."""

    code: int
    body: Any


class GcpProject:
    """One environment's project, as those who call it see it."""

    def __init__(self, sandbox: Sandbox, environment: str) -> None:
        self.sandbox = sandbox
        self.environment = environment
        place = json.loads((sandbox.directory / "sandbox.json").read_text())["stacks"][environment]["gcp"]
        self.id, self.number = str(place["project"]), str(place["number"])
        self.endpoint, self.plain = str(place["endpoint"]).rstrip("/"), str(place["plain"]).rstrip("/")
        self.deployer = (sandbox.directory / "gcp" / f"{self.id}.token").read_text().strip()
        self._context = ssl.create_default_context(cafile=str(sandbox.directory / "ca.pem"))

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The stack's `gcp` output, asked for once: names and paths that follow from the spec."""
        return dict(json.loads(self.sandbox.must("pulumi", "stack", "output", "gcp", "--json", "-s", self.environment)))

    def call(self, http: str, path: str, body: Any = None, *, token: str | None = None, tls: bool = True) -> Answer:
        """Call the REST interface with a token, by default the deployer's."""
        bearer = self.deployer if token is None else token
        request = urllib.request.Request(  # noqa: S310 - the address is this test's own cloud
            f"{self.endpoint if tls else self.plain}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {}),
            method=http,
        )
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:  # noqa: S310 - as above
                return Answer(answer.status, json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read() or b"{}"))

    def ok(self, http: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """Call what has to succeed."""
        answer = self.call(http, path, body, token=token)
        assert answer.code == 200, answer.body
        return answer.body

    def impersonate(self, email: str) -> str:
        """A token of an account, as who may impersonate it gets one."""
        path = f"/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        return str(self.ok("POST", path, {"scope": [SCOPE]})["accessToken"])

    def version(self, secret: str, version: str = "current") -> str:
        """The name of a version of one of the environment's secrets."""
        return f"projects/{self.id}/secrets/{self.environment}-{secret}/versions/{version}"

    def access(self, secret: str, token: str, version: str = "current") -> Answer:
        """Ask for a value; where it is given, the body is the value."""
        answer = self.call("GET", f"/v1/{self.version(secret, version)}:access", token=token)
        if answer.code != 200:
            return answer
        return Answer(200, base64.b64decode(answer.body["payload"]["data"]).decode())

    def entries(self, wanted: str = "", *, place: str = "", token: str | None = None) -> list[dict[str, Any]]:
        """The entries of Cloud Logging that pass a filter, of the project or of a view of a log bucket."""
        asked = {"resourceNames": [place or f"projects/{self.id}"], "filter": wanted, "pageSize": 1000}
        answer = self.ok("POST", "/v2/entries:list", asked, token=token)
        found: list[dict[str, Any]] = answer.get("entries", [])
        while page := answer.get("nextPageToken"):
            answer = self.ok("POST", "/v2/entries:list", {**asked, "pageToken": page}, token=token)
            found += answer.get("entries", [])
        return found

    def control(self, question: str, body: dict[str, Any] | None = None) -> list[Any]:
        """Ask the cloud itself, as `python -m sandbox` does."""
        request = urllib.request.Request(  # noqa: S310 - the address is this test's own cloud
            f"{self.plain}/_keystead/{question}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-keystead-token": (self.sandbox.directory / "token").read_text()},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            return [json.loads(line) for line in answer]

    def now(self) -> dt.datetime:
        """The project's time."""
        ahead = int(self.control("status")[0]["offset"])
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)
