"""One local account and one plugin for every test of a worker."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.sandbox.provider.engine_side import EngineSide

from sandbox import clouds
from sandbox.environments import Environment
from sandbox.place import Place
from sandbox.registry import Registry

ACCOUNT = "000000000042"
REGION = "us-east-1"
TAGS = {"managed-by": "test"}


@dataclass(frozen=True)
class Local:
    """A sandbox with one environment named `trial`."""

    place: Place
    registry: Registry

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client that goes past the plugin, as somebody at a console would."""
        keys = self._keys()
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.registry.clouds["trial"].endpoint,
            verify=str(self.place.directory / "ca.pem"),
            aws_access_key_id=keys["aws_access_key_id"],
            aws_secret_access_key=keys["aws_secret_access_key"],
        )

    def _keys(self) -> dict[str, str]:
        lines = (self.place.aws / "credentials").read_text().splitlines()
        return dict(line.split(" = ", 1) for line in lines if " = " in line)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    project = tmp_path_factory.mktemp("project")
    (project / "stacks").mkdir()
    (project / "Pulumi.yaml").write_text("name: keystead-test\nruntime: python\n")
    place = Place(project, project / ".sandbox")
    place.prepare()
    environment = Environment("trial", ACCOUNT, REGION, "cyan", "low")
    registry = clouds.ensure(place, [environment], lambda _: None, owner=os.getpid())
    yield Local(place, registry)
    clouds.stop(place)


@pytest.fixture(scope="session")
def connect(local: Local) -> Iterator[Callable[..., EngineSide]]:
    opened: list[EngineSide] = []

    def _connect(**options: Any) -> EngineSide:
        settings = {"region": REGION, "allowedAccountIds": [ACCOUNT], "defaultTags": {"tags": TAGS}}
        options = {"stack": "trial", "settings": settings, **options}
        opened.append(EngineSide(local.registry.provider_port, **options))
        return opened[-1]

    yield _connect
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def engine(connect: Callable[..., EngineSide]) -> EngineSide:
    return connect()


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name no other test uses."""
    digest = abs(hash(request.node.nodeid)) % 10**8
    return f"t{digest}"


@pytest.fixture
def code(tmp_path: Path) -> dict[str, Any]:
    """A Lambda archive as the engine sends one."""
    (tmp_path / "main.py").write_text("def handle(event, context):\n    return event\n")
    return {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "path": str(tmp_path), "hash": "a"}
