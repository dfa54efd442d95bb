"""How an environment's project is reached: with whose token, where, and trusting whose certificates."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import google.auth

from keystead.model.errors import CloudError
from keystead.operations.gcp import configuration
from keystead.operations.gcp.failures import logged_in

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True, kw_only=True)
class Access:
    """The way to Google's APIs for one environment."""

    title: str
    """How messages call the credentials."""
    bearer: Callable[[], str] = field(repr=False)
    """Returns an access token that is valid now."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Base URL of an API by its short name, where it is not Google's own."""
    authority: Path | None = None
    """Certificates to trust instead of the system's."""
    payer: str | None = None
    """Project whose quota a person's own credentials use (`x-goog-user-project`)."""

    def endpoint(self, service: str) -> str:
        """Return the base URL of an API, without a slash at its end."""
        return self.endpoints.get(service, f"https://{service}.googleapis.com").rstrip("/")

    def trusted(self) -> ssl.SSLContext:
        """Return what the connections trust."""
        try:
            return ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
        except OSError as error:
            raise CloudError(f"{self.title}: its certificates {self.authority} cannot be read: {error}.") from None

    def certificates(self) -> str | bool:
        """Return the file or folder of the certificates that `trusted` reads, for libraries that take no context."""
        system = ssl.get_default_verify_paths()
        return str(self.authority) if self.authority else system.cafile or system.capath or True


def access_for(environment: str) -> Access:
    """Return the way in by the gcloud configuration named after the environment, or else by default credentials."""
    own = configuration.named(environment)
    if own is not None:
        title = f"the gcloud configuration {environment!r}"
        return Access(title=title, bearer=own.token, endpoints=own.endpoints, authority=own.authority)
    with logged_in(environment):
        credentials, _ = google.auth.default(scopes=[SCOPE])

    def bearer() -> str:
        from google.auth.transport.requests import Request  # noqa: PLC0415 - takes longer than all else that is loaded

        with logged_in(environment):
            if not credentials.valid:
                credentials.refresh(Request())  # type: ignore[no-untyped-call]  # google-auth types half of it
        return str(credentials.token)

    payer = getattr(credentials, "quota_project_id", None)
    return Access(title="the default Google credentials", bearer=bearer, payer=payer)
