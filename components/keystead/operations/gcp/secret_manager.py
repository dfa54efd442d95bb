"""Secret Manager through Google's client library, where the gcloud configuration points: labels and new versions.

It has no call that opens a value. Importing it takes longer than all else of the command, and beside pulumi it would
not work: each brings a google.rpc.Status. So this module is imported when a value is written, and never by components.
"""

import json
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests.exceptions
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry
from google.auth.credentials import Credentials
from google.cloud.secretmanager_v1 import SecretManagerServiceClient
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport
from google.cloud.secretmanager_v1.types import Secret, SecretPayload

from keystead.functions.shared.errors import CorruptedError
from keystead.functions.shared.google.api import RETRIED
from keystead.functions.shared.google.crc32c import crc32c
from keystead.functions.shared.redaction import RedactionFilter, Sensitive
from keystead.functions.stores.gcp_labels import GcpLabels
from keystead.operations.gcp.access import Access
from keystead.operations.gcp.failures import Refusal

SERVICE = "secretmanager"
TIMEOUT = 30.0
"""Seconds one attempt may take."""
PATIENCE = 10.0
"""Seconds within which a call is tried again."""
PASSING = Retry(
    predicate=lambda error: isinstance(error, GoogleAPICallError) and error.code in RETRIED,
    initial=0.5,
    maximum=2.0,
    timeout=PATIENCE,
)
"""For calls that may be repeated: a connection that fails is reported at once, since a person waits."""
THROTTLED = Retry(
    predicate=lambda error: isinstance(error, GoogleAPICallError) and error.code == 429,
    initial=0.5,
    maximum=2.0,
    timeout=PATIENCE,
)
"""For adding a version, which must not happen twice: a throttled call is sure to have had no effect."""


class SecretManager:
    """The secrets of one project, each called by its path; a refusal holds Google's words, and never a value."""

    def __init__(self, access: Access) -> None:
        _mask_logs()
        self._endpoint = access.endpoint(SERVICE)
        self._client = SecretManagerServiceClient(transport=_transport(access, self._endpoint))

    def labels(self, path: str) -> tuple[GcpLabels, str]:
        """Return the labels of a secret's versions, and the etag of the secret that bears them."""
        with self._refusals("GET"):
            found = self._client.get_secret(name=path, retry=PASSING, timeout=TIMEOUT)
        return _labels(found), found.etag

    def label(self, path: str, labels: GcpLabels, etag: str) -> None:
        """Put the labels in place of those that the secret had at this etag."""
        aliases = {alias: int(number) for alias, number in labels.numbers.items()}
        secret = Secret(name=path, version_aliases=aliases, etag=etag)
        with self._refusals("PATCH"):
            self._client.update_secret(
                secret=secret, update_mask={"paths": ["version_aliases"]}, retry=PASSING, timeout=TIMEOUT
            )

    def add(self, path: str, value: Sensitive) -> str:
        """Add a version, which no label names yet; return its number."""
        data = value.reveal().encode()
        payload = SecretPayload(data=data, data_crc32c=crc32c(data))
        with self._refusals("POST"):
            made = self._client.add_secret_version(parent=path, payload=payload, retry=THROTTLED, timeout=TIMEOUT)
        if not made.client_specified_payload_checksum:
            raise CorruptedError(f"{path}: Secret Manager did not confirm the value's checksum")
        return str(made.name).rpartition("/")[2]

    def disable(self, path: str, number: str) -> None:
        """Take a version out of reach; whoever may enable it can bring it back."""
        with self._refusals("POST"):
            self._client.disable_secret_version(name=f"{path}/versions/{number}", retry=PASSING, timeout=TIMEOUT)

    @contextmanager
    def _refusals(self, http: str) -> Iterator[None]:
        method = f"{http} {SERVICE}"
        try:
            yield
        except GoogleAPICallError as error:
            raise Refusal(method, error.code or 0, _document(error.response), self._endpoint) from None
        except RetryError as error:
            answer = _document(getattr(error.cause, "response", None))
            raise Refusal(method, getattr(error.cause, "code", 0), answer, self._endpoint, error) from None
        except requests.exceptions.TooManyRedirects as error:
            code = error.response.status_code if error.response is not None else 0
            raise Refusal(method, code, {}, self._endpoint, error) from None
        except requests.exceptions.SSLError:
            raise Refusal(method, 0, {}, self._endpoint, ssl.SSLError()) from None
        except requests.exceptions.RequestException as error:
            raise Refusal(method, 0, {}, self._endpoint, error) from None


class AccessCredentials(Credentials):
    """The tokens of an access, in the shape that Google's client library takes."""

    def __init__(self, access: Access) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth types half of it
        self._access = access
        self._quota_project_id = access.payer

    def refresh(self, request: object) -> None:  # noqa: ARG002 - Google's signature
        """Take the token that is valid now."""
        self.token = self._access.bearer()


def _transport(access: Access, endpoint: str) -> SecretManagerServiceRestTransport:
    """Return REST over HTTPS that trusts what the access does, and follows no redirect with its token."""
    url = urlsplit(endpoint)
    made = SecretManagerServiceRestTransport(
        host=f"{url.netloc}{url.path}", url_scheme=url.scheme, credentials=AccessCredentials(access)
    )
    session = made._session  # noqa: SLF001 - the library has no other way to certificates and redirects
    session.max_redirects = 0
    session.verify = access.certificates()
    return made


def _mask_logs() -> None:
    """Mask what Google's loggers add to a record: requests, which they write to a handler of their own where asked to.

    That is GOOGLE_SDK_PYTHON_LOGGING_SCOPE; the fields come after the record was made, and so after it was masked.
    """
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("google") and isinstance(logger, logging.Logger) and not logger.filters:
            logger.addFilter(RedactionFilter())


def _labels(secret: Secret) -> GcpLabels:
    return GcpLabels({alias: str(number) for alias, number in secret.version_aliases.items()})


def _document(response: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(response.content)
    except (AttributeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
