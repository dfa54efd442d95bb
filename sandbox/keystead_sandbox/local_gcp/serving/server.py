"""What answers requests to a local GCP."""

import asyncio

from keystead_sandbox.common import gate
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.control_server import ControlServer
from keystead_sandbox.common.listening import Message, Receive, Send, Sockets, TooLargeError, body_of
from keystead_sandbox.local_gcp.functions import workers
from keystead_sandbox.local_gcp.iam import deployers
from keystead_sandbox.local_gcp.monitoring.evaluation import Evaluation
from keystead_sandbox.local_gcp.serving import assembly, dispatch, endpoints
from keystead_sandbox.local_gcp.serving.requests import Request, Response
from keystead_sandbox.local_gcp.settings import Settings
from keystead_sandbox.local_gcp.state.cloud import Cloud

HEADERS = (
    (b"vary", b"Origin, X-Origin, Referer"),
    (b"cache-control", b"private"),
    (b"x-content-type-options", b"nosniff"),
)
"""What Google sends with every answer."""


class Front:
    """Answers the addresses outside the discovery documents and Google's APIs."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _send(send, await self._response(scope, receive))

    async def _response(self, scope: Message, receive: Receive) -> Response:
        try:
            body = await body_of(receive)
        except TooLargeError:
            return Response(413, b"the request is too large\n", "text/plain")
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        request = Request(scope["method"], path, scope["query_string"].decode("ascii"), headers, body)
        if endpoints.is_slow(path):
            return await asyncio.to_thread(self._answer, request)
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        return endpoints.answer(self._cloud, request) or dispatch.answer(self._cloud, request)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, response: Response) -> None:
    length = str(len(response.body)).encode()
    headers = [(b"content-type", response.kind.encode()), (b"content-length", length), *HEADERS, *response.headers]
    await send({"type": "http.response.start", "status": response.code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def serve(settings: Settings, sockets: Sockets) -> None:
    """Build the cloud, then serve it on two held ports."""
    cloud = Cloud(settings, Clock(settings.clock, "-".join(sorted(settings.projects))))
    deployers.write(cloud)
    timeline = assembly.timeline(cloud, Evaluation(cloud))
    cloud.wake = timeline.wake
    health = {"projects": sorted(settings.projects)}
    questions, commands = assembly.questions(cloud), assembly.commands(cloud)
    control = ControlServer(settings.token, cloud.clock, timeline, health, questions, commands)
    ready = {"projects": settings.projects, "tokens": str(settings.tokens)}
    gate.serve(settings, sockets, Front(cloud), control, ready, workers.kill_all)
