import ssl
from typing import Any

import pytest
from google.auth import exceptions
from keystead.functions.shared.errors import LabelMovedError
from keystead.model.errors import CloudError
from keystead.operations.gcp.failures import Refusal, explained, logged_in
from keystead.spec.loading import build

from tests.components.cli.google import PLACE, PROJECT

SPEC = build("prod", {"tier": "standard", "gcp": PLACE}, {"owners": ["payments"]})
GOOGLE: Any = exceptions
"""google-auth's exceptions, which have no types."""
ENDPOINT = "https://cloudkms.googleapis.com"
ACTION = "cloudkms.cryptoKeys.get"


def refusal(code: int, status: str = "", message: str = "no", reason: str = "") -> Refusal:
    details: list[Any] = [{"reason": reason}] if reason else []
    answer = {"error": {"code": code, "status": status, "message": message, "details": details}}
    return Refusal("GET cloudkms", code, answer)


def silence(cause: Exception) -> Refusal:
    return Refusal("GET cloudkms", 0, {}, ENDPOINT, cause)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            refusal(403, "PERMISSION_DENIED"),
            (
                f"prod: access denied: these credentials may not call {ACTION} in project {PROJECT}. The auditor of "
                f"prod may: prod-auditor@{PROJECT}.iam.gserviceaccount.com."
            ),
        ),
        (
            refusal(403, "PERMISSION_DENIED", "Cloud KMS API has not been used.", "SERVICE_DISABLED"),
            "prod: Cloud KMS API has not been used. It is enabled with: pulumi up -s prod",
        ),
        (
            refusal(401, "UNAUTHENTICATED"),
            (
                "prod: GCP does not recognize these credentials, or they have expired. Log in again: gcloud auth "
                "application-default login."
            ),
        ),
        (
            refusal(429, "RESOURCE_EXHAUSTED"),
            f"prod: GCP throttles {ACTION} in project {PROJECT}. Wait a minute and try again.",
        ),
        (
            refusal(400, "FAILED_PRECONDITION", "Key is disabled."),
            f"prod: {ACTION} failed in project {PROJECT} with FAILED_PRECONDITION: Key is disabled.",
        ),
        (Refusal("GET cloudkms", 502, {}), f"prod: {ACTION} failed in project {PROJECT} with failed"),
        (
            silence(ConnectionRefusedError()),
            f"prod: {ENDPOINT} does not answer. Check the network; for the sandbox: python -m sandbox status.",
        ),
        (
            silence(ssl.SSLCertVerificationError()),
            (
                f"prod: the certificate of {ENDPOINT} is not trusted. Check custom_ca_certs_file in the gcloud "
                "configuration, or SSL_CERT_FILE."
            ),
        ),
        (LabelMovedError("prod-key: the labels moved"), "prod: prod-key: the labels moved"),
    ],
)
def test_every_refusal_names_the_environment_the_cause_and_the_way_out(error: Exception, text: str) -> None:
    with pytest.raises(CloudError) as caught, explained(SPEC, ACTION):
        raise error
    assert str(caught.value) == text
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (GOOGLE.DefaultCredentialsError("none"), "no Google credentials found. Log in with: gcloud auth"),
        (GOOGLE.RefreshError("expired"), "the Google login has expired. Log in again: gcloud auth"),
        (GOOGLE.TransportError("away"), "Google's login does not answer. Check the network"),
    ],
)
def test_a_login_that_does_not_work_says_how_to_log_in(error: Exception, text: str) -> None:
    with pytest.raises(CloudError, match=text), logged_in("prod"):
        raise error
