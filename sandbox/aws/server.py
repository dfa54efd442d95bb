"""The two listeners of an account, with and without TLS, and the gate every request passes."""

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
from sandbox.aws import corrections, status, workers
from sandbox.aws.account import Account
from sandbox.aws.callers import Callers, pin
from sandbox.clock import Clock
from sandbox.control_server import ControlServer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CLOSED_PATHS = ("/_ministack", "/_localstack", "/health", "/ready")
"""ministack's own administration, which asks for no credentials."""

SPOOFABLE_HEADERS = (b"x-forwarded-proto", b"x-forwarded-for", b"forwarded")
"""ministack believes these about TLS and addresses; here only the socket is believed."""


class Gate:
    """Gives each request its caller, answers `/_keystead/`, and hands the rest to ministack."""

    def __init__(self, application: Application, callers: Callers, control: ControlServer) -> None:
        self._application = application
        self._callers = callers
        self._control = control
        self.last_request = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        self.last_request = time.monotonic()
        address = (scope.get("client") or ("127.0.0.1", 0))[0]
        caller = self._callers.of(address)
        pin(caller)
        scope["client"] = (caller.address, 0)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in SPOOFABLE_HEADERS]
        path = scope["path"]
        if path.startswith("/_keystead/"):
            await self._control(scope, receive, send)
        elif path.startswith(CLOSED_PATHS):
            await _refuse(send)
        else:
            await self._application(scope, receive, send)


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"not served by the sandbox\n"})


def _configuration(account: Account, secure: int, plain: int) -> Config:
    configuration = Config()
    configuration.bind = [f"fd://{secure}"]
    configuration.insecure_bind = [f"fd://{plain}"]
    configuration.certfile = str(account.certificate)
    configuration.keyfile = str(account.key)
    configuration.keep_alive_timeout = 75
    configuration.loglevel = "WARNING"
    return configuration


async def _announce(account: Account) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", account.plain_port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    ready = {
        "ready": True,
        "account": account.account,
        "region": account.region,
        "endpoint": account.endpoint,
        "plain": account.plain,
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


async def _serve(gate: Gate, account: Account, configuration: Config) -> None:
    announcement = asyncio.create_task(_announce(account))
    await hypercorn_serve(gate, configuration, shutdown_trigger=asyncio.Event().wait)  # type: ignore[arg-type]
    await announcement


def serve(account: Account, secure: int, plain: int) -> None:
    """Correct ministack, listen on two bound sockets, and print one line of JSON when requests are answered."""
    clock = Clock(account.clock, account.account)
    timeline = corrections.install(account, clock)
    questions = {"status": lambda: status.of(account, clock)}
    control = ControlServer(account.token, clock, timeline, {"account": account.account}, questions)
    gate = Gate(corrections.application(), Callers.load(account.callers), control)
    lifetime.watch(account.owner, lambda: gate.last_request, workers.kill_all)
    threading.Thread(target=timeline.run_forever, name="timeline", daemon=True).start()
    asyncio.run(_serve(gate, account, _configuration(account, secure, plain)))
