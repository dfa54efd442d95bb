"""The sandbox's own questions to its clouds: what waits, and moving the clock."""

import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.credentials import token
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Cloud, process_name

HEADER = "x-keystead-token"
ANSWER_SECONDS = 600
"""Longest silence within one advance; a year of rotations takes half a minute."""

Line = dict[str, Any]


@dataclass(slots=True)
class Control:
    """Asks the clouds of one sandbox, over TLS and with its token."""

    place: Place

    def status(self, cloud: Cloud) -> Line:
        """Tell a cloud's clock and which of its secrets have no value yet."""
        with Conversation(self.place, cloud) as conversation:
            return next(conversation.ask("status"))

    def advance(self, cloud: Cloud, offset: int) -> Iterator[Line]:
        """Move a cloud's clock; yields each event as it happens and, last, whether it is done."""
        with Conversation(self.place, cloud) as conversation:
            yield from conversation.ask("advance", {"to": offset})


class Conversation:
    """One connection to one cloud, for any number of questions."""

    def __init__(self, place: Place, cloud: Cloud) -> None:
        self.cloud = cloud
        self._log = place.logs / f"{process_name(cloud.home)}.log"
        self._headers = {HEADER: token(place), "content-type": "application/json"}
        context = ssl.create_default_context(cafile=str(place.directory / "ca.pem"))
        address = urlsplit(cloud.endpoint)
        self._connection = HTTPSConnection(
            address.hostname or "", address.port, timeout=ANSWER_SECONDS, context=context
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def ask(self, question: str, offsets: dict[str, int] | None = None) -> Iterator[Line]:
        """Yield the lines of the answer."""
        try:
            yield from self._lines(question, offsets)
        except (OSError, HTTPException, ValueError) as error:
            problem = f"the {self.cloud.home} does not answer ({str(error) or type(error).__name__})"
            fix = f"see its log in {self._log}; `python -m sandbox up` starts it again"
            raise SandboxError(problem, fix) from error

    def _lines(self, question: str, offsets: dict[str, int] | None) -> Iterator[Line]:
        try:
            response = self._answer(question, offsets)
        except (
            ConnectionError,
            ssl.SSLError,
        ):  # closed while another cloud was long at work; questions can be repeated
            self._connection.close()
            response = self._answer(question, offsets)
        with closing(response):
            for text in response:
                line = json.loads(text)
                if line.get("done") is False or "error" in line:
                    problem = f"the {self.cloud.home} stopped at offset {line.get('offset')}: {line.get('error')}"
                    raise SandboxError(problem, f"see {self._log}")
                yield line

    def _answer(self, question: str, offsets: dict[str, int] | None) -> HTTPResponse:
        body = None if offsets is None else json.dumps(offsets)
        self._connection.request("GET" if body is None else "POST", f"/_keystead/{question}", body, self._headers)
        return self._connection.getresponse()
