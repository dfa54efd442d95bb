"""Short-lived credentials of service accounts: impersonation and the token endpoint for keys.

Source: IAM Service Account Credentials API; RFC 7523 as used by Google (OAuth 2.0 for service accounts).
"""

import json
import time
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import decoded
from keystead_sandbox.local_gcp.api.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.settings import project_of_account
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.tokens import LIFETIME


def _account(call: Call) -> str:
    email = call.name.rpartition("/")[2]
    if email not in call.cloud.policies.accounts:
        raise not_found(f"Not found; Gaia id not found for email {email}")
    return email


@handles("iamcredentials.serviceAccounts.generateAccessToken")
def access_token(call: Call) -> Json:
    """An access token of a service account that the caller may impersonate."""
    email = _account(call)
    if not call.body.get("scope"):
        raise invalid("Request contains an invalid argument: scope is required.")
    seconds = timestamps.duration(str(call.body.get("lifetime") or f"{LIFETIME}s"))
    if not 0 < seconds <= LIFETIME:
        raise invalid("The lifetime must be greater than 0 and at most 3600 seconds.")
    return {
        "accessToken": call.cloud.tokens.issue(email, seconds),
        "expireTime": timestamps.whole(time.time() + seconds),
    }


@handles("iamcredentials.serviceAccounts.generateIdToken")
def identity_token(call: Call) -> Json:
    """An identity token of an account for an audience."""
    email = _account(call)
    audience = str(call.body.get("audience") or "")
    if not audience:
        raise invalid("Request contains an invalid argument: audience is required.")
    return {"token": call.cloud.tokens.identity(email, audience, time.time())}


def exchange(cloud: Cloud, body: bytes) -> tuple[int, Json]:
    """The token endpoint: an assertion signed with a service account's key is exchanged for an access token."""
    form = parse_qs(body.decode("utf-8", "replace"))
    assertion = (form.get("assertion") or [""])[0]
    head, _, rest = assertion.partition(".")
    payload, _, signature = rest.partition(".")
    try:
        header, claims = json.loads(decoded(head) or b"{}"), json.loads(decoded(payload) or b"{}")
    except ValueError:
        header, claims = {}, {}
    email, identifier = str(claims.get("iss")), str(header.get("kid"))
    project = project_of_account(email)
    key = cloud.store.find(f"projects/{project}/serviceAccounts/{email}/keys/{identifier}")
    if key is None or key.body.get("disabled") or email not in cloud.policies.accounts:
        return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    try:
        signed = f"{head}.{payload}".encode()
        key.hidden["public"].verify(decoded(signature) or b"", signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    if float(claims.get("exp", 0)) < time.time():
        return 400, {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token."}
    if claims.get("target_audience"):
        return 200, {"id_token": cloud.tokens.identity(email, str(claims["target_audience"]), time.time())}
    return 200, {"access_token": cloud.tokens.issue(email), "expires_in": LIFETIME - 1, "token_type": "Bearer"}
