"""Callers of an environment's project who use Google's own clients, which no process can import beside pulumi."""

from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import kms_v1, secretmanager_v1
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport

from tests.e2e.gcp_project import GcpProject


class Token(Credentials):
    """Credentials that are one token."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    def refresh(self, request: object) -> None:
        """A sandbox token lives as long as the test."""


class Project(GcpProject):
    """One environment's project, called with Google's clients too."""

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
        answer = self.secrets(token).access_secret_version(name=self.version(secret, version))
        return str(answer.payload.data.decode())

    @property
    def _host(self) -> str:
        return self.endpoint.removeprefix("https://")

    def _trust(self, session: AuthorizedSession) -> None:
        session.verify = str(self.sandbox.directory / "ca.pem")
        session.trust_env = False  # a CA bundle in the environment would be taken instead
