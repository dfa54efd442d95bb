"""The sandbox's own questions to its clouds: what waits, and moving the clock."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.credentials import token
from sandbox.errors import SandboxError
from sandbox.place import Place
from sandbox.registry import Cloud

HEADER = "x-keystead-token"
ANSWER_SECONDS = 600
"""Longest silence within one advance; a year of rotations takes half a minute."""


@dataclass(slots=True)
class Control:
    """Asks the clouds of one sandbox, over TLS and with its token."""

    place: Place

    def status(self, cloud: Cloud) -> dict[str, Any]:
        """Tell an account's clock and which of its secrets have no value yet."""
        return next(self._ask(cloud, "status"))

    def advance(self, cloud: Cloud, offset: int) -> Iterator[dict[str, Any]]:
        """Move an account's clock; yields each event as it happens and, last, whether it is done."""
        for line in self._ask(cloud, "advance", {"to": offset}):
            if line.get("done") is False or "error" in line:
                problem = f"account {cloud.account} stopped at offset {line.get('offset')}: {line.get('error')}"
                raise SandboxError(problem, f"look into {self.place.logs / f'aws-{cloud.account}.log'}")
            yield line

    def _ask(self, cloud: Cloud, question: str, body: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        context = ssl.create_default_context(cafile=str(self.place.directory / "ca.pem"))
        request = urllib.request.Request(  # noqa: S310 - the endpoint is the registry's https://127.0.0.1
            f"{cloud.endpoint}/_keystead/{question}",
            data=None if body is None else json.dumps(body).encode(),
            headers={HEADER: token(self.place), "content-type": "application/json"},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(request, timeout=ANSWER_SECONDS) as response:
                for line in response:
                    yield json.loads(line)
        except (OSError, ValueError) as error:
            log = self.place.logs / f"aws-{cloud.account}.log"
            problem = f"account {cloud.account} does not answer ({error})"
            raise SandboxError(
                problem, f"its last words are in {log}; `python -m sandbox up` starts it anew"
            ) from error
