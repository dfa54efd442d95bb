"""What every request to a local cloud passes, and how a cloud is served until it ends."""

import threading
import time
from collections.abc import Callable
from typing import Any

from keystead_sandbox.common import lifetime, listening
from keystead_sandbox.common.cloud_settings import CloudSettings
from keystead_sandbox.common.control_server import ControlServer
from keystead_sandbox.common.listening import Application, Message, Receive, Send, Sockets


class Gate:
    """Answers `/_keystead/`, hands every other request to the cloud, and notes when the last one came."""

    def __init__(self, application: Application, control: ControlServer) -> None:
        self._application = application
        self._control = control
        self.last_request = time.monotonic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        self.last_request = time.monotonic()
        controls = scope["type"] == "http" and scope["path"].startswith("/_keystead/")
        await (self._control if controls else self._application)(scope, receive, send)


def serve(
    settings: CloudSettings,
    sockets: Sockets,
    application: Application,
    control: ControlServer,
    ready: dict[str, Any],
    end_children: Callable[[], object],
) -> None:
    """Serve a cloud on its two held ports and run its timeline; `end_children` is called before the process ends."""
    gate = Gate(application, control)
    lifetime.watch(settings.owner, lambda: gate.last_request, end_children)
    threading.Thread(target=control.timeline.run_forever, name="timeline", daemon=True).start()
    ready = {**ready, "endpoint": settings.endpoint, "plain": settings.plain}
    listening.serve(gate, sockets, settings.certificate, settings.key, ready)
