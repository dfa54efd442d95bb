"""Callers of an environment's project: its deployer, its accounts, and Google's own clients as they use them."""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import kms_v1, secretmanager_v1
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport

from tests.e2e.landscape import Sandbox

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Token(Credentials):
    """Credentials that are one token."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    def refresh(self, request: object) -> None:
        """A sandbox token lives as long as the test."""


@dataclass(frozen=True)
class Answer:
    """A status and a decoded body."""

    code: int
    body: Any


class Project:
    """One environment's project, as those who call it see it."""

    def __init__(self, sandbox: Sandbox, environment: str) -> None:
        self.sandbox = sandbox
        self.environment = environment
        place = json.loads((sandbox.directory / "sandbox.json").read_text())["stacks"][environment]["gcp"]
        self.id, self.number, self.endpoint = str(place["project"]), str(place["number"]), str(place["endpoint"])
        self.deployer = (sandbox.directory / "gcp" / f"{self.id}.token").read_text().strip()
        self._context = ssl.create_default_context(cafile=str(sandbox.directory / "ca.pem"))

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's `gcp` output."""
        return dict(
            json.loads(self.sandbox.must("pulumi", "stack", "output", "gcp", "--json", "-s", self.environment))
        )

    def call(self, http: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        """Call the REST interface with a token, by default the deployer's."""
        request = urllib.request.Request(  # noqa: S310 - the address is this test's own cloud
            f"{self.endpoint}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token or self.deployer}", "content-type": "application/json"},
            method=http,
        )
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:  # noqa: S310 - as above
                return Answer(answer.status, json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
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

    def secrets(self, token: str) -> secretmanager_v1.SecretManagerServiceClient:
        """Google's Secret Manager client."""
        transport = SecretManagerServiceRestTransport(host=self._host, credentials=Token(token), url_scheme="https")
        self._trust(transport._session)
        return secretmanager_v1.SecretManagerServiceClient(transport=transport)

    def keys(self, token: str) -> kms_v1.KeyManagementServiceClient:
        """Google's Cloud KMS client."""
        transport = KeyManagementServiceRestTransport(host=self._host, credentials=Token(token), url_scheme="https")
        self._trust(transport._session)
        return kms_v1.KeyManagementServiceClient(transport=transport)

    def read(self, secret: str, token: str, version: str = "current") -> str:
        """Read a value of one of the environment's secrets with Google's client."""
        name = f"projects/{self.id}/secrets/{self.environment}-{secret}/versions/{version}"
        return str(self.secrets(token).access_secret_version(name=name).payload.data.decode())

    @property
    def _host(self) -> str:
        return self.endpoint.removeprefix("https://").rstrip("/")

    def _trust(self, session: AuthorizedSession) -> None:
        session.verify = str(self.sandbox.directory / "ca.pem")
        session.trust_env = False  # a CA bundle in the environment would be taken instead
