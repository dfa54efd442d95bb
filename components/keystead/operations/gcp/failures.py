"""What went wrong between the command and GCP, said in one line that names the permission and the way out."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError

from keystead.functions.shared import errors as functions
from keystead.model.errors import CloudError
from keystead.spec.environment import EnvironmentSpec

LOGIN = "gcloud auth application-default login"
SANDBOX = "for the sandbox: python -m sandbox status"


class Refusal(functions.ApiError):
    """A call that came to nothing, with all that is known of the reason: the rotator's store knows it as its own."""

    def __init__(
        self, method: str, code: int, answer: Mapping[str, Any], endpoint: str = "", cause: Exception | None = None
    ) -> None:
        error = answer.get("error")
        found: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
        super().__init__(method, code, str(found.get("status", "failed" if code else type(cause).__name__)))
        self.message = str(found.get("message", ""))
        """What Google says, for people."""
        self.reasons = {detail.get("reason") for detail in found.get("details", []) if isinstance(detail, Mapping)}
        """Google's words for the reason, such as SERVICE_DISABLED."""
        self.endpoint = endpoint
        self.cause = cause


@contextmanager
def explained(spec: EnvironmentSpec, action: str, role: str = "auditor") -> Iterator[None]:
    """Turn a refusal into a CloudError about `action`, a permission that the account of `role` has."""
    try:
        yield
    except Refusal as refusal:
        raise CloudError(f"{spec.environment}: {_refusal(spec, refusal, action, role)}") from None
    except functions.FunctionError as error:
        raise CloudError(f"{spec.environment}: {error}") from None


def _refusal(spec: EnvironmentSpec, refusal: Refusal, action: str, role: str) -> str:
    scope = spec.scope("gcp")
    if not refusal.code:
        return _no_answer(refusal)
    if refusal.code == 401:
        return f"GCP does not recognize these credentials, or they have expired. Log in again: {LOGIN}."
    if "SERVICE_DISABLED" in refusal.reasons:
        return f"{refusal.message} It is enabled with: pulumi up -s {spec.environment}"
    if refusal.code == 403:
        return (
            f"access denied: these credentials may not call {action} in project {scope.project}. "
            f"The {role} of {spec.environment} may: {scope.account_email(role)}."
        )
    if refusal.code == 429:
        return f"GCP throttles {action} in project {scope.project}. Wait a minute and try again."
    return f"{action} failed in project {scope.project} with {refusal.status}: {refusal.message}".rstrip(": ")


def _no_answer(refusal: Refusal) -> str:
    if isinstance(refusal.cause, ssl.SSLError):
        return (
            f"the certificate of {refusal.endpoint} is not trusted. Check custom_ca_certs_file in the gcloud "
            "configuration, or SSL_CERT_FILE."
        )
    return f"{refusal.endpoint} does not answer. Check the network; {SANDBOX}."


@contextmanager
def logged_in(environment: str) -> Iterator[None]:
    """Turn what google-auth raises into a CloudError that says how to log in."""
    try:
        yield
    except DefaultCredentialsError:
        raise CloudError(
            f"{environment}: no Google credentials found. Log in with: {LOGIN} "
            '(for the sandbox: eval "$(python -m sandbox env)").'
        ) from None
    except TransportError:
        raise CloudError(f"{environment}: Google's login does not answer. Check the network; {SANDBOX}.") from None
    except GoogleAuthError:
        raise CloudError(f"{environment}: the Google login has expired. Log in again: {LOGIN}.") from None
