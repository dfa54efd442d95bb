"""The two listeners of a local GCP, with and without TLS, and what every request passes."""

import asyncio
import threading
import time

from keystead_sandbox.common import lifetime, listening
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.control_server import ControlServer
from keystead_sandbox.common.listening import Message, Receive, Send, Sockets
from keystead_sandbox.local_gcp import behaviour, deployers, dispatch, extras, workers
from keystead_sandbox.local_gcp.alerts import Alerts
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.dispatch import Request, Response
from keystead_sandbox.local_gcp.settings import Settings

MOST_BODY = 64 * 1024**2
"""Bytes of a request; the largest is a function's source."""


class Gate:
    """Answers `/_keystead/`, the addresses outside the discovery documents, and Google's APIs."""

    def __init__(self, cloud: Cloud, control: ControlServer) -> None:
        self._cloud = cloud
        self._control = control
        self.last_request = time.monotonic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        self.last_request = time.monotonic()
        if scope["path"].startswith("/_keystead/"):
            await self._control(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await _send(send, Response(413, b"the request is too large\n", "text/plain"))
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        request = Request(scope["method"], path, scope["query_string"].decode("ascii"), headers, body)
        if extras.waits(path):
            response = await asyncio.to_thread(extras.answer, self._cloud, request)
        else:
            response = extras.answer(self._cloud, request) or dispatch.answer(self._cloud, request)
        await _send(send, response or Response(404, b"not found\n", "text/plain"))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, response: Response) -> None:
    headers = [
        (b"content-type", response.kind.encode()),
        (b"content-length", str(len(response.body)).encode()),
        (b"vary", b"Origin, X-Origin, Referer"),
        (b"cache-control", b"private"),
        (b"x-content-type-options", b"nosniff"),
        *response.headers,
    ]
    await send({"type": "http.response.start", "status": response.code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def serve(settings: Settings, sockets: Sockets) -> None:
    """Build the cloud, then serve it on two held ports."""
    cloud = Cloud(settings, Clock(settings.clock, "-".join(sorted(settings.projects))))
    deployers.write(cloud)
    alerts = Alerts(cloud)
    timeline = behaviour.timeline(cloud, alerts)
    cloud.wake = timeline.wake
    health = {"projects": sorted(settings.projects)}
    questions, commands = behaviour.questions(cloud, alerts), behaviour.commands(cloud)
    control = ControlServer(settings.token, cloud.clock, timeline, health, questions, commands)
    gate = Gate(cloud, control)
    lifetime.watch(settings.owner, lambda: gate.last_request, workers.kill_all)
    threading.Thread(target=timeline.run_forever, name="timeline", daemon=True).start()
    ready = {"projects": settings.projects, "endpoint": settings.endpoint, "plain": settings.plain}
    listening.serve(gate, sockets, settings.certificate, settings.key, {**ready, "tokens": str(settings.tokens)})
