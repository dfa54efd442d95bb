"""One local account and one plugin for every test of a worker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from keystead_sandbox.host.place import Place
from tests.pulumi_provider.engine_side import EngineSide
from tests.pulumi_provider.local_sandbox import ACCOUNT, REGION, STACK, LocalSandbox

TAGS = {"managed-by": "test"}


@dataclass(frozen=True)
class Local:
    """A sandbox with one environment named `trial`."""

    place: Place
    endpoint: str
    port: int

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client that goes past the plugin, as somebody at a console would."""
        lines = (self.place.aws / "credentials").read_text().splitlines()
        keys = dict(line.split(" = ", 1) for line in lines if " = " in line)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            verify=str(self.place.directory / "ca.pem"),
            aws_access_key_id=keys["aws_access_key_id"],
            aws_secret_access_key=keys["aws_secret_access_key"],
        )


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    sandbox = LocalSandbox.prepared(tmp_path_factory.mktemp("project"))
    try:
        sandbox.start_aws()
        ports = sandbox.start_provider()
        yield Local(sandbox.place, sandbox.document["stacks"][STACK]["aws"]["endpoint"], ports["aws"])
    finally:
        sandbox.close()


@pytest.fixture(scope="session")
def connect(local: Local) -> Iterator[Callable[..., EngineSide]]:
    opened: list[EngineSide] = []

    def _connect(**options: Any) -> EngineSide:
        settings = {"region": REGION, "allowedAccountIds": [ACCOUNT], "defaultTags": {"tags": TAGS}}
        opened.append(EngineSide(local.port, **{"stack": STACK, "settings": settings, **options}))
        return opened[-1]

    yield _connect
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def engine(connect: Callable[..., EngineSide]) -> EngineSide:
    return connect()
