"""The sandbox's own questions to a cloud: `/_keystead/health`, `/_keystead/status`, `/_keystead/advance` and more."""

import asyncio
import json
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any

from sandbox.clock import Clock
from sandbox.listening import Message, Receive, Send
from sandbox.timeline import Timeline

Content = dict[str, Any]
Questions = Mapping[str, Callable[[], Content]]
"""What else is answered, by the last part of the path."""

TOKEN_HEADER = b"x-keystead-token"


class ControlServer:
    """Answers health to anybody, and the rest to who shows the token the cloud was started with."""

    def __init__(self, token: str, clock: Clock, timeline: Timeline, health: Content, questions: Questions) -> None:
        self._token = token
        self._clock = clock
        self._timeline = timeline
        self._health = health
        self._questions = {f"/_keystead/{name}": answer for name, answer in questions.items()}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request under `/_keystead/`."""
        route = (scope["method"], scope["path"])
        if route == ("GET", "/_keystead/health"):
            await _answer(send, 200, {**self._health, "offset": self._clock.offset})
        elif not self._trusted(scope):
            await _answer(
                send, 403, {"error": "this needs the header x-keystead-token that the cloud was started with"}
            )
        elif route[0] == "GET" and route[1] in self._questions:
            await _answer(send, 200, self._questions[route[1]]())
        elif route == ("POST", "/_keystead/advance"):
            await self._advance(await _body(receive), send)
        else:
            await _answer(
                send, 404, {"error": f"the sandbox knows GET health, POST advance and GET {', '.join(self._questions)}"}
            )

    def _trusted(self, scope: Message) -> bool:
        given = dict(scope["headers"]).get(TOKEN_HEADER, b"")
        return bool(self._token) and compare_digest(given, self._token.encode())

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
