"""Addresses outside the discovery documents: tokens, the metadata server, uploads and downloads, the functions.

Source: "About VM metadata" (the metadata server's paths and its header), OAuth 2.0 for service accounts.
"""

import re
import time
from typing import Any
from urllib.parse import parse_qs, unquote

from keystead_sandbox.local_gcp.api.errors import ApiError, not_found
from keystead_sandbox.local_gcp.functions import functions
from keystead_sandbox.local_gcp.iam import credentials, token_exchange
from keystead_sandbox.local_gcp.serving import dispatch
from keystead_sandbox.local_gcp.serving.requests import Request, Response
from keystead_sandbox.local_gcp.settings import project_of_account
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.tokens import LIFETIME
from keystead_sandbox.local_gcp.storage import objects

EXCHANGE = "/v1/token"
OBJECT = re.compile(r"/(?:upload/|download/)?storage/v1/b/([^/]+)/o(?:/([^/]+))?")
FLAVOR = ((b"metadata-flavor", b"Google"),)
JSON: dict[str, Any] = {"kind": "application/json", "headers": FLAVOR}
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ACCOUNT = "instance/service-accounts/"


def is_slow(path: str) -> bool:
    """Whether an answer may take long, so that it must not hold up other requests."""
    return path.startswith("/_functions/") or path == EXCHANGE


def answer(cloud: Cloud, request: Request) -> Response | None:
    """The answer, or None where the address belongs to an API."""
    _, _, rest = request.path[1:].partition("/")
    if request.path in {"/token", EXCHANGE} and request.http == "POST":
        return _token(cloud, request)
    if request.path.startswith("/_metadata/"):
        with cloud.lock:
            return _metadata(cloud, request, rest)
    if request.path.startswith("/_uploads/") and request.http == "PUT":
        bucket, _, item = rest.partition("/")
        with cloud.lock:
            objects.store(cloud, bucket, item, request.body, {})
        return Response(200)
    if request.path.startswith("/_functions/"):
        code, body = functions.invoke(cloud, rest, request.http, request.headers, request.body)
        return Response(code, body, "text/plain; charset=utf-8")
    return _object(cloud, request)


def _token(cloud: Cloud, request: Request) -> Response:
    if request.path == EXCHANGE:
        code, content = token_exchange.exchange(cloud, request.headers.get("content-type", ""), request.body)
    else:
        with cloud.lock:
            code, content = credentials.exchange(cloud, request.body)
    return Response.of(content, code)


def _object(cloud: Cloud, request: Request) -> Response | None:
    """An upload or a download; other methods of objects are in the discovery document."""
    found = OBJECT.fullmatch(request.path)
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    uploads = request.path.startswith("/upload/") and request.http == "POST"
    if found is None or not (uploads or query.get("alt") == "media"):
        return None
    bucket, name = unquote(found[1]), unquote(found[2] or "")
    permission = "storage.objects.create" if uploads else "storage.objects.get"
    try:
        with cloud.lock:
            account = dispatch.caller(cloud, request.headers, permission, "storage")
            parent = cloud.storage.bucket(bucket).name
            cloud.demand(account, permission, f"{parent}/objects/{name}" if name else parent)
            if uploads:
                kind = request.headers.get("content-type", "")
                return Response.of(objects.upload(cloud, bucket, kind, query, request.body))
            item = cloud.storage.find(bucket, name, query.get("generation", ""))
            if item is None:
                raise not_found(f"No such object: {bucket}/{name}")
            return Response(200, item.data, str(item.body.get("contentType", "application/octet-stream")))
    except ApiError as error:
        return Response.of(error.document("storage"), error.code)


def _metadata(cloud: Cloud, request: Request, path: str) -> Response:
    secret, _, path = path.partition("/")
    email = cloud.metadata.get(secret)
    if email is None or request.headers.get("metadata-flavor") != "Google":
        return Response(403, b"Missing Metadata-Flavor:Google header.\n", "text/plain")
    asked = path.removeprefix("computeMetadata/v1/").strip("/")
    of_account = asked.removeprefix(ACCOUNT).partition("/")[2] if asked.startswith(ACCOUNT) else None
    if of_account == "token":
        token = {"access_token": cloud.tokens.issue(email), "expires_in": LIFETIME - 1, "token_type": "Bearer"}
        return Response.of(token, **JSON)
    if of_account == "identity":
        audience = request.query.partition("audience=")[2].partition("&")[0]
        return Response(200, cloud.tokens.identity(email, audience, time.time()).encode(), "text/html", FLAVOR)
    if of_account == "" and "recursive=true" in request.query:
        return Response.of({"aliases": ["default"], "email": email, "scopes": [SCOPE]}, **JSON)
    project = project_of_account(email)
    plain = {
        f"{ACCOUNT}default/email": email,
        f"{ACCOUNT}default/scopes": SCOPE,
        "project/project-id": project,
        "project/numeric-project-id": cloud.settings.projects.get(project, ""),
        "universe/universe-domain": "googleapis.com",
    }
    found = plain.get(asked, "computeMetadata/\n" if not path else None)
    return Response(404 if found is None else 200, (found or "").encode(), "text/plain", FLAVOR)
