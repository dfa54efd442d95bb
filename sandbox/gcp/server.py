"""The two listeners of a local GCP, with and without TLS, and what every request passes."""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from sandbox import lifetime
from sandbox.clock import Clock
from sandbox.control_server import ControlServer
from sandbox.gcp import behaviour, deployers, dispatch, extras, workers
from sandbox.gcp.alerts import Alerts
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.dispatch import Request, Response
from sandbox.gcp.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_BODY = 64 * 1024**2
"""Bytes of a request; the largest is a function's source."""


class Gate:
    """Answers `/_keystead/`, the addresses outside the discovery documents, and Google's APIs."""

    def __init__(self, cloud: Cloud, control: ControlServer) -> None:
        self._cloud = cloud
        self._control = control
        self.last_request = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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


def _configuration(settings: Settings, secure: int, plain: int) -> Config:
    configuration = Config()
    configuration.bind = [f"fd://{secure}"]
    configuration.insecure_bind = [f"fd://{plain}"]
    configuration.certfile = str(settings.certificate)
    configuration.keyfile = str(settings.key)
    configuration.keep_alive_timeout = 75
    configuration.loglevel = "WARNING"
    return configuration


async def _announce(settings: Settings) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", settings.plain_port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    ready = {
        "ready": True,
        "projects": settings.projects,
        "endpoint": settings.endpoint,
        "plain": settings.plain,
        "tokens": str(settings.tokens),
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


async def _serve(gate: Gate, settings: Settings, configuration: Config) -> None:
    announcement = asyncio.create_task(_announce(settings))
    await hypercorn_serve(gate, configuration, shutdown_trigger=asyncio.Event().wait)  # type: ignore[arg-type]
    await announcement


def serve(settings: Settings, secure: int, plain: int) -> None:
    """Listen on two bound sockets, given by number, and print one line of JSON when requests are answered."""
    cloud = Cloud(settings, Clock(settings.clock, "gcp"))
    deployers.write(cloud)
    alerts = Alerts(cloud)
    timeline = behaviour.timeline(cloud, alerts)
    cloud.wake = timeline.wake
    health = {"projects": sorted(settings.projects)}
    control = ControlServer(settings.token, cloud.clock, timeline, health, behaviour.questions(cloud, alerts))
    gate = Gate(cloud, control)
    lifetime.watch(settings.owner, lambda: gate.last_request, workers.kill_all)
    threading.Thread(target=timeline.run_forever, name="timeline", daemon=True).start()
    asyncio.run(_serve(gate, settings, _configuration(settings, secure, plain)))
