"""Callers of an environment's project who use Google's own clients."""

from tests.google_client import GoogleClient

from tests.e2e.gcp_project import GcpProject


class Project(GcpProject):
    """One environment's project, called with Google's clients too."""

    def secrets(self, token: str) -> GoogleClient:
        """Google's Secret Manager client."""
        return GoogleClient("secretmanager", self.endpoint, token, self.sandbox.directory / "ca.pem")

    def keys(self, token: str) -> GoogleClient:
        """Google's Cloud KMS client."""
        return GoogleClient("cloudkms", self.endpoint, token, self.sandbox.directory / "ca.pem")

    def read(self, secret: str, token: str, version: str = "current") -> str:
        """Read a value of one of the environment's secrets with Google's client."""
        answer = self.secrets(token).access_secret_version(name=self.version(secret, version))
        return str(answer.payload.data.decode())
