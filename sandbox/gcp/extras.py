"""Addresses outside the discovery documents: the token endpoint."""

import json

from sandbox.gcp import credentials
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.dispatch import Request, Response


def waits(_path: str) -> bool:
    """Whether an answer may take long, so that it must not hold up other requests."""
    return False


def answer(cloud: Cloud, request: Request) -> Response | None:
    """The answer, or None where the address belongs to an API."""
    if request.path == "/token" and request.http == "POST":
        with cloud.lock:
            code, content = credentials.exchange(cloud, request.body)
        return Response(code, json.dumps(content).encode())
    return None
