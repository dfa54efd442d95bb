"""The two ports of a local cloud, with and without TLS: held before the cloud is built, then served."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI application."""

MOST_BODY = 64 * 1024**2
"""Bytes of a request; the largest is a function's source."""


class TooLargeError(Exception):
    """A request's body is larger than a local cloud takes."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Two held ports of 127.0.0.1."""

    secure: socket.socket
    plain: socket.socket

    @classmethod
    def held(cls, port: int, plain_port: int) -> Self:
        """Bind the ports, free ones for 0, so that no other process takes them."""
        return cls(_bound(port), _bound(plain_port))


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request, or the part that came before the client disconnected."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BODY:
            raise TooLargeError
        if not message.get("more_body"):
            return bytes(body)


def serve(application: Application, sockets: Sockets, certificate: Path, key: Path, ready: dict[str, Any]) -> None:
    """Serve until the process ends; print `ready` as one line of JSON when requests are answered."""
    configuration = Config()
    plain_port = sockets.plain.getsockname()[1]
    configuration.bind = [f"fd://{sockets.secure.detach()}"]
    configuration.insecure_bind = [f"fd://{sockets.plain.detach()}"]
    configuration.certfile = str(certificate)
    configuration.keyfile = str(key)
    configuration.keep_alive_timeout = 75
    configuration.loglevel = "WARNING"
    asyncio.run(_serve(application, configuration, plain_port, {"ready": True, **ready, "pid": os.getpid()}))


async def _serve(application: Application, configuration: Config, plain_port: int, ready: dict[str, Any]) -> None:
    announcement = asyncio.create_task(_announce(plain_port, ready))
    await hypercorn_serve(application, configuration, shutdown_trigger=asyncio.Event().wait)  # type: ignore[arg-type]
    await announcement


async def _announce(port: int, ready: dict[str, Any]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def _bound(port: int) -> socket.socket:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}; choose another one")
    return held
