"""Addresses outside the discovery documents: token endpoint, metadata server, uploads, the functions themselves.

Source: "About VM metadata" (the metadata server's paths and its header), OAuth 2.0 for service accounts.
"""

import json
import time
from urllib.parse import parse_qs

from sandbox.gcp import credentials, dispatch, functions, storage, token_exchange
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.dispatch import Request, Response
from sandbox.gcp.errors import ApiError
from sandbox.gcp.tokens import LIFETIME

EXCHANGE = "/v1/token"
FLAVOUR = ((b"metadata-flavor", b"Google"),)


def waits(path: str) -> bool:
    """Whether an answer may take long, so that it must not hold up other requests."""
    return path.startswith("/_functions/") or path == EXCHANGE


def answer(cloud: Cloud, request: Request) -> Response | None:
    """The answer, or None where the address belongs to an API."""
    if request.path in {"/token", EXCHANGE} and request.http == "POST":
        return _token(cloud, request)
    if request.path.startswith("/_metadata/"):
        with cloud.lock:
            return _metadata(cloud, request)
    if request.path.startswith("/_uploads/") and request.http == "PUT":
        bucket, _, item = request.path.removeprefix("/_uploads/").partition("/")
        with cloud.lock:
            cloud.objects[bucket, item] = request.body
        return Response(200, b"")
    if request.path.startswith("/upload/storage/v1/b/"):
        return _upload(cloud, request)
    if request.path.startswith("/_functions/"):
        name = request.path.removeprefix("/_functions/")
        code, body = functions.invoke(cloud, name, request.http, request.headers, request.body)
        return Response(code, body, "text/plain; charset=utf-8")
    return None


def _token(cloud: Cloud, request: Request) -> Response:
    if request.path == EXCHANGE:
        code, content = token_exchange.exchange(cloud, request.headers.get("content-type", ""), request.body)
    else:
        with cloud.lock:
            code, content = credentials.exchange(cloud, request.body)
    return Response(code, json.dumps(content).encode())


def _upload(cloud: Cloud, request: Request) -> Response:
    bucket = request.path.removeprefix("/upload/storage/v1/b/").removesuffix("/o")
    name = (parse_qs(request.query).get("name") or [""])[0]
    try:
        with cloud.lock:
            account = dispatch.caller(cloud, request.headers, "storage.objects.insert", "storage")
            kind = request.headers.get("content-type", "")
            shown = storage.upload(cloud, account, bucket, name, kind, request.body)
        return Response(200, json.dumps(shown).encode())
    except ApiError as error:
        return Response(error.code, json.dumps(error.document()).encode())


def _metadata(cloud: Cloud, request: Request) -> Response:
    secret, _, path = request.path.removeprefix("/_metadata/").partition("/")
    email = cloud.metadata.get(secret)
    if email is None or request.headers.get("metadata-flavor") != "Google":
        return Response(403, b"Missing Metadata-Flavor:Google header.\n", "text/plain")
    project = email.partition("@")[2].partition(".")[0]
    asked = path.removeprefix("computeMetadata/v1/").strip("/").split("/")
    base = ["instance", "service-accounts"]
    if asked[:2] == base and asked[3:] == ["token"]:
        token = {"access_token": cloud.tokens.issue(email), "expires_in": LIFETIME - 1, "token_type": "Bearer"}
        return Response(200, json.dumps(token).encode(), "application/json", FLAVOUR)
    if asked[:2] == base and asked[3:] == ["identity"]:
        audience = request.query.partition("audience=")[2].partition("&")[0]
        return Response(200, cloud.tokens.identity(email, audience, time.time()).encode(), "text/html", FLAVOUR)
    if asked[:2] == base and len(asked) == 3 and "recursive=true" in request.query:
        about = {"aliases": ["default"], "email": email, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
        return Response(200, json.dumps(about).encode(), "application/json", FLAVOUR)
    plain = {
        "instance/service-accounts/default/email": email,
        "instance/service-accounts/default/scopes": "https://www.googleapis.com/auth/cloud-platform",
        "project/project-id": project,
        "project/numeric-project-id": cloud.settings.projects.get(project, ""),
        "universe/universe-domain": "googleapis.com",
    }
    found = plain.get("/".join(asked), "computeMetadata/\n" if not path else None)
    return Response(404 if found is None else 200, (found or "").encode(), "text/plain", FLAVOUR)
