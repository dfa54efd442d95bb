"""Addresses outside the discovery documents: token endpoint, metadata server, uploads, the functions themselves.

Source: "About VM metadata" (the metadata server's paths and its header), OAuth 2.0 for service accounts.
"""

import json
import re
import time
from urllib.parse import parse_qs, unquote

from keystead_sandbox.local_gcp import buckets, credentials, dispatch, functions, objects, token_exchange
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.dispatch import Request, Response
from keystead_sandbox.local_gcp.errors import ApiError, not_found
from keystead_sandbox.local_gcp.tokens import LIFETIME

EXCHANGE = "/v1/token"
OBJECT = re.compile(r"/(?:upload/|download/)?storage/v1/b/([^/]+)/o(?:/([^/]+))?")
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
            objects.store(cloud, bucket, item, request.body, {})
        return Response(200, b"")
    if OBJECT.fullmatch(request.path):
        return _object(cloud, request)
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


def _object(cloud: Cloud, request: Request) -> Response | None:
    """An upload or a download; what else is asked of objects stands in the discovery document."""
    found = OBJECT.fullmatch(request.path)
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    puts = request.path.startswith("/upload/") and request.http == "POST"
    if found is None or not (puts or query.get("alt") == "media"):
        return None
    bucket, name = unquote(found[1]), unquote(found[2] or "")
    permission = "storage.objects.create" if puts else "storage.objects.get"
    try:
        with cloud.lock:
            account = dispatch.caller(cloud, request.headers, permission, "storage")
            place = buckets.path(cloud, bucket)
            cloud.demand(account, permission, f"{place}/objects/{name}" if name else place)
            if puts:
                shown = objects.upload(cloud, bucket, request.headers.get("content-type", ""), query, request.body)
                return Response(200, json.dumps(shown).encode())
            item = cloud.objects.find(bucket, name, query.get("generation", ""))
            if item is None:
                raise not_found(f"No such object: {bucket}/{name}")
            return Response(200, item.data, str(item.body.get("contentType", "application/octet-stream")))
    except ApiError as error:
        return Response(error.code, json.dumps(error.document("storage")).encode())


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
