"""The sandbox's own questions to an account: `/_keystead/health`, `/_keystead/status` and `/_keystead/advance`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from hmac import compare_digest
from typing import Any

from sandbox.aws import status
from sandbox.aws.account import Account
from sandbox.aws.clock import Clock
from sandbox.aws.timeline import Timeline

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TOKEN_HEADER = b"x-keystead-token"


class Control:
    """Answers health to anybody, and the rest to who shows the token the account was started with."""

    def __init__(self, account: Account, clock: Clock, timeline: Timeline) -> None:
        self._account = account
        self._clock = clock
        self._timeline = timeline

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request under `/_keystead/`."""
        route = (scope["method"], scope["path"])
        if route == ("GET", "/_keystead/health"):
            await _answer(send, 200, {"account": self._account.account, "offset": self._clock.offset})
        elif not self._trusted(scope):
            await _answer(send, 403, {"error": "this needs the header x-keystead-token that the account started with"})
        elif route == ("GET", "/_keystead/status"):
            await _answer(send, 200, status.of(self._account, self._clock))
        elif route == ("POST", "/_keystead/advance"):
            await self._advance(await _body(receive), send)
        else:
            await _answer(send, 404, {"error": "the sandbox knows GET health, GET status and POST advance"})

    def _trusted(self, scope: Message) -> bool:
        given = dict(scope["headers"]).get(TOKEN_HEADER, b"")
        return bool(self._account.token) and compare_digest(given, self._account.token.encode())

    async def _advance(self, body: bytes, send: Send) -> None:
        to = _offset(body)
        if to is None:
            error = {"error": 'advance takes {"to": seconds ahead of real time}, a whole number of at least 0'}
            await _answer(send, 400, error)
            return
        await send(_start(200, b"application/x-ndjson"))
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def report(line: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(lines.put_nowait, line)

        def work() -> None:
            try:
                events = self._timeline.advance(to, report)
                report({"done": True, "offset": self._clock.offset, "events": events})
            except Exception as error:  # noqa: BLE001 - whatever went wrong must reach who waits for the answer
                report({"done": False, "offset": self._clock.offset, "error": f"{type(error).__name__}: {error}"})

        task = asyncio.create_task(asyncio.to_thread(work))
        while True:
            line = await lines.get()
            last = "done" in line
            await send({"type": "http.response.body", "body": json.dumps(line).encode() + b"\n", "more_body": not last})
            if last:
                break
        await task


def _offset(body: bytes) -> int | None:
    try:
        to = json.loads(body)["to"]
    except (ValueError, TypeError, KeyError):
        return None
    return to if isinstance(to, int) and not isinstance(to, bool) and to >= 0 else None


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _start(code: int, kind: bytes) -> Message:
    return {"type": "http.response.start", "status": code, "headers": [(b"content-type", kind)]}


async def _answer(send: Send, code: int, content: dict[str, Any]) -> None:
    await send(_start(code, b"application/json"))
    await send({"type": "http.response.body", "body": json.dumps(content).encode() + b"\n"})
