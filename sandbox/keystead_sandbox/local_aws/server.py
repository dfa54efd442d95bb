"""What answers requests to an account: ministack, told who calls and closed where it asks for no credentials."""

from keystead_sandbox.common import gate
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.control_server import ControlServer
from keystead_sandbox.common.listening import Application, Message, Receive, Send, Sockets
from keystead_sandbox.local_aws import installation as corrections
from keystead_sandbox.local_aws import status
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.functions import workers
from keystead_sandbox.local_aws.identity.callers import Callers, pin

CLOSED_PATHS = ("/_ministack", "/_localstack", "/health", "/ready")
"""ministack's own administration, which asks for no credentials."""

SPOOFABLE_HEADERS = (b"x-forwarded-proto", b"x-forwarded-for", b"forwarded")
"""ministack believes these about TLS and addresses; here only the socket is believed."""


class Front:
    """Gives each request its caller, and hands it to ministack."""

    def __init__(self, application: Application, callers: Callers) -> None:
        self._application = application
        self._callers = callers

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        address = (scope.get("client") or ("127.0.0.1", 0))[0]
        caller = self._callers.of(address)
        pin(caller)
        scope["client"] = (caller.address, 0)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in SPOOFABLE_HEADERS]
        if scope["path"].startswith(CLOSED_PATHS):
            await _refuse(send)
        else:
            await self._application(scope, receive, send)


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"not served by the sandbox\n"})


def serve(account: Account, sockets: Sockets) -> None:
    """Correct ministack, then serve it on two held ports."""
    clock = Clock(account.clock, account.account)
    timeline = corrections.install(account, clock)
    questions = {"status": lambda: status.of(account, clock)}
    control = ControlServer(account.token, clock, timeline, {"account": account.account}, questions)
    front = Front(corrections.application(), Callers.load(account.callers))
    ready = {"account": account.account, "region": account.region}
    gate.serve(account, sockets, front, control, ready, workers.kill_all)
