"""The sandbox's own questions to a cloud: `/_keystead/health`, `/_keystead/status`, `/_keystead/advance` and more.

A cloud that advances together with others gets `hold`, then `advance` for each step of the whole span, and `release`
where another cloud has ended on the way.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.listening import Message, Receive, Send, body_of
from keystead_sandbox.common.timeline import Report, Timeline

Content = dict[str, Any]
Questions = Mapping[str, Callable[[], Content]]
"""Questions by the last part of their path."""
Commands = Mapping[str, Callable[[Content], Content]]
"""Commands by the last part of their path; a ValueError says what is wrong with the body."""

OFFSET = "seconds ahead of real time, a whole number of at least 0"
TOKEN_HEADER = b"x-keystead-token"


class ControlServer:
    """Answers health without credentials, everything else with the token that the cloud was started with."""

    def __init__(
        self,
        token: str,
        clock: Clock,
        timeline: Timeline,
        health: Content,
        questions: Questions,
        commands: Commands | None = None,
    ) -> None:
        self._commands = {f"/_keystead/{name}": run for name, run in (commands or {}).items()}
        self._token = token
        self._clock = clock
        self.timeline = timeline
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
        elif route[0] == "POST" and route[1] in self._commands:
            await self._command(self._commands[route[1]], await body_of(receive), send)
        elif route == ("POST", "/_keystead/advance"):
            await self._advance(await body_of(receive), send)
        elif route == ("POST", "/_keystead/hold"):
            await self._hold(await body_of(receive), send)
        elif route == ("POST", "/_keystead/release"):
            self.timeline.release()
            await _answer(send, 200, {"done": True})
        else:
            known = f"GET health, POST advance, hold, release and GET {', '.join(self._questions)}"
            await _answer(send, 404, {"error": f"the sandbox knows {known}"})

    def _trusted(self, scope: Message) -> bool:
        given = dict(scope["headers"]).get(TOKEN_HEADER, b"")
        return bool(self._token) and compare_digest(given, self._token.encode())

    async def _command(self, run: Callable[[Content], Content], body: bytes, send: Send) -> None:
        try:
            answer = run(json.loads(body or b"{}"))
        except (ValueError, TypeError) as error:
            await _answer(send, 400, {"error": str(error)})
            return
        await _answer(send, 200, answer)

    async def _hold(self, body: bytes, send: Send) -> None:
        to = _offsets(body).get("to")
        if to is None:
            await _answer(send, 400, {"error": f'hold takes {{"to": {OFFSET}}}'})
            return
        await asyncio.to_thread(self.timeline.hold, to)
        await _answer(send, 200, {"done": True, "offset": self._clock.offset})

    async def _advance(self, body: bytes, send: Send) -> None:
        given = _offsets(body)
        if set(given) not in ({"to"}, {"to", "start", "until"}):
            await _answer(
                send, 400, {"error": f'advance takes {{"to": {OFFSET}}}, with "start" and "until" for a step'}
            )
            return
        await send(_start(200, b"application/x-ndjson"))
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[Content] = asyncio.Queue()

        def report(line: Content) -> None:
            loop.call_soon_threadsafe(lines.put_nowait, line)

        task = asyncio.create_task(asyncio.to_thread(self._work, given, report))
        while True:
            line = await lines.get()
            last = "done" in line
            await send({"type": "http.response.body", "body": json.dumps(line).encode() + b"\n", "more_body": not last})
            if last:
                break
        await task

    def _work(self, given: dict[str, int], report: Report) -> None:
        result: Content = {}
        try:
            if "until" in given:
                result["events"], result["next"] = self.timeline.step(
                    given["start"], given["to"], given["until"], report
                )
            else:
                result["events"] = self.timeline.advance(given["to"], report)
            report({"done": True, "offset": self._clock.offset, **result})
        except Exception as error:  # noqa: BLE001 - the client waits for an answer, whatever goes wrong
            report({"done": False, "offset": self._clock.offset, "error": f"{type(error).__name__}: {error}"})


def _offsets(body: bytes) -> dict[str, int]:
    """The offsets in a question; none where one of them is not a whole number of at least 0."""
    try:
        given = dict(json.loads(body))
    except (ValueError, TypeError):
        return {}
    good = all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in given.values())
    return given if good else {}


def _start(code: int, kind: bytes) -> Message:
    return {"type": "http.response.start", "status": code, "headers": [(b"content-type", kind)]}


async def _answer(send: Send, code: int, content: dict[str, Any]) -> None:
    await send(_start(code, b"application/json"))
    await send({"type": "http.response.body", "body": json.dumps(content).encode() + b"\n"})
