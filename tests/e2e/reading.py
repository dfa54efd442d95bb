"""Readers who read all the while, on both clouds, so that a change that takes a right too early shows."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.gcp_project import GcpProject
from tests.e2e.landscape import Sandbox

PAUSE_SECONDS = 0.05


class Readers:
    """One reader per cloud: each reads its secrets in turn and keeps what it got and what it was refused."""

    def __init__(self, sandbox: Sandbox, environment: str, on_aws: list[str], on_gcp: list[str]) -> None:
        outputs = sandbox.outputs(environment)
        session = sandbox.assume(environment, outputs["roles"]["shop-reader"])
        self._aws = sandbox.client(environment, "secretsmanager", session)
        self._project = GcpProject(sandbox, environment)
        self._token = self._project.impersonate(self._project.outputs["roles"]["shop-reader"])
        self._read: list[Callable[[], tuple[str, str]]] = [
            *(lambda name=name: (f"aws {name}", self._from_aws(f"{environment}/{name}")) for name in on_aws),
            *(lambda name=name: (f"gcp {name}", self._from_gcp(name)) for name in on_gcp),
        ]
        self.values: dict[str, set[str]] = {}
        self.reads = 0
        self.failures: list[str] = []

    def once(self) -> dict[str, set[str]]:
        """Read everything once; what fails is kept."""
        for read in self._read:
            try:
                name, value = read()
                self.values.setdefault(name, set()).add(value)
                self.reads += 1
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is what the test is about
                self.failures.append(f"{type(error).__name__}: {error}")
        return self.values

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """Read on until the block ends."""
        over = threading.Event()

        def go_on() -> None:
            while not over.wait(PAUSE_SECONDS):
                self.once()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _from_aws(self, name: str) -> str:
        answer: dict[str, Any] = self._aws.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
        return str(answer["SecretString"])

    def _from_gcp(self, name: str) -> str:
        answer = self._project.access(name, self._token)
        assert answer.code == 200, answer.body
        return str(answer.body)
