"""What the role signs for Google, and the token that Google gives for it."""

import json
import urllib.parse
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.federation import Federation

PROVIDER = "//iam.googleapis.com/projects/300000000003/locations/global/workloadIdentityPools/prod-keystead/providers/x"
CREDENTIALS = Credentials("AKIAEXAMPLE", "example-secret", "example-token")


class Session:
    def __init__(self, credentials: Any = CREDENTIALS) -> None:
        self._credentials = credentials

    def get_credentials(self) -> Any:
        return self._credentials


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def call(self: Api, *request: Any) -> dict[str, Any]:
        assert self._tokens is None
        calls.append(request)
        return {"access_token": "ya29.granted", "expires_in": 3600, "token_type": "Bearer"}

    monkeypatch.setattr(Api, "call", call)
    return calls


def test_a_token_is_exchanged_for_a_signed_request_that_was_not_sent(asked: list[tuple[Any, ...]]) -> None:
    token, seconds = Federation(Session(), "us-east-1", PROVIDER).token()
    assert (token.reveal(), seconds) == ("ya29.granted", 3600)
    ((http, service, path, body),) = asked
    assert (http, service, path) == ("POST", "sts", "v1/token")
    assert body["audience"] == PROVIDER
    assert body["grantType"] == "urn:ietf:params:oauth:grant-type:token-exchange"
    assert body["subjectTokenType"] == "urn:ietf:params:aws:token-type:aws4_request"
    signed = json.loads(urllib.parse.unquote(body["subjectToken"]))
    assert signed["url"] == "https://sts.us-east-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    assert signed["method"] == "POST"
    headers = {entry["key"].lower(): entry["value"] for entry in signed["headers"]}
    assert set(headers) == {
        *("host", "x-amz-date", "x-amz-security-token", "authorization", "x-goog-cloud-target-resource"),
    }
    assert headers["x-goog-cloud-target-resource"] == PROVIDER
    assert headers["host"] == "sts.us-east-1.amazonaws.com"
    assert "example-secret" not in body["subjectToken"]


def test_the_signature_is_awss_own_and_covers_the_audience(asked: list[tuple[Any, ...]]) -> None:
    Federation(Session(), "us-east-1", PROVIDER).token()
    signed = json.loads(urllib.parse.unquote(asked[0][3]["subjectToken"]))
    headers = {entry["key"]: entry["value"] for entry in signed["headers"]}
    claimed = headers.pop("Authorization")
    covered = claimed.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert covered == ["host", "x-amz-date", "x-amz-security-token", "x-goog-cloud-target-resource"]
    again = AWSRequest(signed["method"], signed["url"], headers=headers)
    again.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(CREDENTIALS.get_frozen_credentials(), "sts", "us-east-1")
    canonical = signer.canonical_request(again)
    expected = signer.signature(signer.string_to_sign(again, canonical), again)
    assert claimed.endswith(f"Signature={expected}")


def test_a_function_without_credentials_says_so(asked: list[tuple[Any, ...]]) -> None:
    with pytest.raises(SettingsError, match="the function has no AWS credentials to sign with"):
        Federation(Session(None), "us-east-1", PROVIDER).token()
    assert asked == []
