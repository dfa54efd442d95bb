"""How the rotator on AWS gets a token on GCP: workload identity federation, without a key or stored credentials.

The role signs a GetCallerIdentity request and does not send it; Google sends it, and so learns who signed. The
signature covers the audience, so that the request works for this provider only. Source: Google IAM, "Configure workload
identity federation with AWS"; the shape of the subject token as google-auth's aws.py builds it.
"""

import json
import urllib.parse
from typing import Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.redaction import Sensitive

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class AwsSession(Protocol):
    """What is used of boto3's session."""

    def get_credentials(self) -> "AwsCredentials | None":
        """Return the role's credentials."""


class AwsCredentials(Protocol):
    """Credentials that botocore refreshes."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the credentials that are valid now."""


class Federation:
    """Exchanges the role's signature for a token of the workload identity pool."""

    def __init__(self, session: AwsSession, region: str, audience: str) -> None:
        self._session = session
        self._region = region
        self._audience = audience
        self._sts = Api(None)

    def token(self) -> tuple[Sensitive, float]:
        """Exchange a signed request for an access token; return it and its lifetime in seconds."""
        request = {
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": self._audience,
            "scope": SCOPE,
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "subjectTokenType": "urn:ietf:params:aws:token-type:aws4_request",
            "subjectToken": self._signed(),
        }
        granted = self._sts.call("POST", "sts", "v1/token", request)
        return Sensitive(granted["access_token"]), float(granted["expires_in"])

    def _signed(self) -> str:
        """Return the signed request in Google's format: JSON with a list of headers, percent-encoded."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise SettingsError("the function has no AWS credentials to sign with")
        host = f"sts.{self._region}.amazonaws.com"
        request = AWSRequest(
            method="POST",
            url=f"https://{host}?Action=GetCallerIdentity&Version=2011-06-15",
            headers={"Host": host, "x-goog-cloud-target-resource": self._audience},
        )
        SigV4Auth(credentials.get_frozen_credentials(), "sts", self._region).add_auth(request)
        headers = [{"key": name, "value": value} for name, value in request.headers.items()]
        document = {"url": request.url, "method": request.method, "headers": headers}
        return urllib.parse.quote(json.dumps(document, separators=(",", ":"), sort_keys=True))
