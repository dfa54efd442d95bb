"""sts.googleapis.com: an identity of another cloud is exchanged for an access token.

Source: Security Token Service API v1 reference; errors as in RFC 6749, with Google's messages where public issues
quote them (terraform-example-foundation #1362; google-github-actions/auth, "Troubleshooting").
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs

from keystead_sandbox.local_gcp.api import expressions
from keystead_sandbox.local_gcp.api.errors import ApiError, Json
from keystead_sandbox.local_gcp.api.fields import camel
from keystead_sandbox.local_gcp.iam import aws_identity
from keystead_sandbox.local_gcp.iam.aws_identity import RefusedError, SignedRequest
from keystead_sandbox.local_gcp.iam.workload_identity import live, mapping_of
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.federated import HOST, Federated
from keystead_sandbox.local_gcp.state.resources import Resource
from keystead_sandbox.local_gcp.state.tokens import LIFETIME

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind of token
AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 - as above
AUDIENCE = re.compile(
    rf"//{re.escape(HOST)}/((projects/\d+/locations/global/workloadIdentityPools/[^/]+)/providers/[^/]+)"
)
NO_TARGET = (
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or '
    "provider is disabled or deleted or because it doesn't exist."
)
LONGEST_SUBJECT, MOST_MAPPED = 127, 8192


def exchange(cloud: Cloud, kind: str, body: bytes) -> tuple[int, Json]:
    """Answer `POST /v1/token`; takes the cloud's lock itself, but not while AWS is asked."""
    try:
        return 200, _exchange(cloud, _fields(kind, body))
    except RefusedError as refusal:
        return 400, {"error": refusal.error, "error_description": str(refusal)}
    except ApiError as error:
        return error.code, error.document()


def _fields(kind: str, body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", "replace")
    if kind.startswith("application/x-www-form-urlencoded"):
        return {camel(name): values[0] for name, values in parse_qs(text).items()}
    try:
        given: Any = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise RefusedError("invalid_request", "The request is neither a form nor JSON.")
    return {camel(name): str(value) for name, value in given.items()}


def _exchange(cloud: Cloud, fields: dict[str, str]) -> Json:
    if fields.get("grantType") != GRANT:
        raise RefusedError("unsupported_grant_type", f"Invalid grant type: it must be {GRANT}.")
    if fields.get("requestedTokenType", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise RefusedError("invalid_request", f"Invalid requested token type: it must be {ACCESS_TOKEN}.")
    if fields.get("subjectTokenType") != AWS_TOKEN:
        raise RefusedError("invalid_request", f"Invalid subject token type: the sandbox serves {AWS_TOKEN}.")
    if not fields.get("scope"):
        raise RefusedError("invalid_scope", "The scope is required.")
    audience = fields.get("audience", "")
    with cloud.lock:
        provider, pool = _target(cloud, audience)
        mapping, condition = mapping_of(provider), str(provider.body.get("attributeCondition") or "")
        account = str(provider.body["aws"]["accountId"])
    request = SignedRequest.read(fields.get("subjectToken", ""), audience)
    address = aws_identity.endpoint(cloud.settings.registry, account)
    if not address:
        raise RefusedError("invalid_grant", f"AWS account {account} does not run in this sandbox.")
    assertion = aws_identity.identity(request, address, cloud.settings.ca)
    if assertion["account"] != account:
        raise RefusedError("invalid_grant", "The AWS account of the credential is not the one of the provider.")
    caller = _mapped(pool, assertion, mapping, condition)
    with cloud.lock:
        token = cloud.tokens.issue(caller)
    return {
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": LIFETIME - 1,
    }


def _target(cloud: Cloud, audience: str) -> tuple[Resource, str]:
    found = AUDIENCE.fullmatch(audience)
    if not found:
        raise RefusedError("invalid_target", NO_TARGET)
    provider, pool = (cloud.store.find(cloud.canonical(name)) for name in found.groups())
    if provider is None or not live(provider) or not live(pool):
        raise RefusedError("invalid_target", NO_TARGET)
    cloud.services.check_enabled(cloud.project_of(provider.name), "sts.googleapis.com")
    return provider, found[2]


def _mapped(pool: str, assertion: dict[str, str], mapping: dict[str, str], condition: str) -> Federated:
    context = {"assertion": expressions.value(assertion)}
    values = {name: _evaluated(name, expression, context) for name, expression in mapping.items()}
    subject = values.pop("google.subject")
    groups = values.pop("google.groups", [])
    attributes = {name.removeprefix("attribute."): value for name, value in values.items()}
    if len(str(subject).encode()) > LONGEST_SUBJECT:
        text = f"The size of mapped attribute google.subject exceeds the {LONGEST_SUBJECT} bytes limit."
        raise RefusedError("invalid_request", text)
    if len(json.dumps([subject, groups, attributes]).encode()) > MOST_MAPPED:
        raise RefusedError("invalid_request", "The size of all mapped attributes exceeds the 8 KB limit.")
    if condition:
        context["google"] = expressions.value({"subject": subject, "groups": groups})
        context["attribute"] = expressions.value(attributes)
        _admit(condition, context)
    return Federated.of(pool, str(subject), [str(one) for one in groups], attributes)


def _evaluated(name: str, expression: str, context: dict[str, Any]) -> Any:
    try:
        found = expressions.evaluate(expression, context)
    except Exception as error:
        raise RefusedError("invalid_request", f"The attribute mapping of {name} cannot be evaluated.") from error
    if name == "google.groups":
        return [str(one) for one in found]
    if not isinstance(found, str) or not found:
        raise RefusedError("invalid_request", f"The mapped attribute {name} must be a text that is not empty.")
    return str(found)


def _admit(condition: str, context: dict[str, Any]) -> None:
    try:
        admitted = bool(expressions.evaluate(condition, context))
    except Exception:  # noqa: BLE001 - a condition that cannot be evaluated admits nobody
        admitted = False
    if not admitted:
        raise RefusedError("unauthorized_client", "The given credential is rejected by the attribute condition.")
