"""What every request to an account passes before ministack sees it: who calls from where, and that it is recorded."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

from keystead_sandbox.common.listening import Application, Message, Receive, Send, TooLargeError, body_of
from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.identity.callers import Callers, pin
from keystead_sandbox.local_aws.monitoring.trail import Trail
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.operations import Wire

CLOSED_PATHS = ("/_ministack", "/_localstack", "/health", "/ready")
"""ministack's own administration, which asks for no credentials."""

SPOOFABLE_HEADERS = (b"x-forwarded-proto", b"x-forwarded-for", b"forwarded")
"""ministack believes these about TLS and addresses; here only the socket is believed."""

REFUSED = 400
"""Statuses from here on say that a request was refused."""

THREADS = 64
"""For calls of functions that call the account again."""


class Front:
    """Gives each request its caller, hands it to ministack, and records it with its answer."""

    def __init__(self, callers: Callers, trail: Trail) -> None:
        self._application: Application = ministack.module("app").app
        self._callers = callers
        self._trail = trail

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        caller = self._callers.of((scope.get("client") or ("127.0.0.1", 0))[0])
        pin(caller)
        scope["client"] = (caller.address, 0)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in SPOOFABLE_HEADERS]
        if scope["path"].startswith(CLOSED_PATHS):
            await _refuse(send, 404, b"not served by the sandbox\n")
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await body_of(receive)
        except TooLargeError:
            await _refuse(send, 413, b"larger than the sandbox takes\n")
            return
        wire = _wire(scope, body)
        requests.keep(wire)
        given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        answered: list[Message] = []  # its beginning, and where it refuses the rest too

        async def give() -> Message:
            return given.pop() if given else await receive()

        async def take(message: Message) -> None:
            if not answered or answered[0]["status"] >= REFUSED:
                answered.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._record(wire, answered)
            await send(message)

        await self._application(scope, give, take)

    def _record(self, wire: Wire, answered: list[Message]) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in answered[0].get("headers", [])}
        body = b"".join(message.get("body", b"") for message in answered)
        self._trail.record(wire, (answered[0]["status"], headers, body))


def _wire(scope: Message, body: bytes) -> Wire:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    return Wire(scope["method"], scope["path"], headers, body, query)


async def _live(receive: Receive, send: Send) -> None:
    """Begin and end in the place of ministack, which would look for Docker, scripts and the state of another run."""
    while (await receive())["type"] != "lifespan.shutdown":
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="account")
        asyncio.get_running_loop().set_default_executor(pool)
        ministack.module("services.eventbridge").start_scheduler()
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _refuse(send: Send, status: int, text: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text})
