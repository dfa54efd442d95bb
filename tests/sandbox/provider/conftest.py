"""One local account and one plugin for every test of a worker."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from sandbox import clouds
from sandbox.place import Place
from sandbox.registry import Registry
from tests.sandbox.provider.engine_side import EngineSide

ACCOUNT = "000000000042"
REGION = "us-east-1"
START = """
import sys
from pathlib import Path
from sandbox import clouds
from sandbox.environments import Environment
from sandbox.place import Place
project = Path(sys.argv[1])
environment = Environment("trial", "000000000042", "us-east-1", "cyan", "low")
clouds.ensure(Place(project, project / ".sandbox"), [environment], lambda _: None, owner=int(sys.argv[2]))
"""
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
    subprocess.run([sys.executable, "-c", START, project, str(os.getpid())], check=True, timeout=90)
    registry = Registry.load(place.registry)
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
