"""One local project and one plugin for every test of a worker."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from keystead_sandbox.host.place import Place
from keystead_sandbox.pulumi_provider.wire import ARCHIVE, SIGNATURE
from tests.pulumi_provider.engine_side import EngineSide
from tests.pulumi_provider.gcp.cases import CODE, Ground
from tests.pulumi_provider.local_sandbox import PROJECT, STACK, LocalSandbox

REGION = "us-east1"
LABELS = {"managed-by": "test"}
SERVICES = (
    *("secretmanager", "cloudkms", "pubsub", "iamcredentials", "cloudfunctions", "run", "cloudscheduler"),
    *("accesscontextmanager", "sts", "cloudbuild", "eventarc"),
)


@dataclass(frozen=True)
class Local:
    """A sandbox with one environment named `trial`."""

    place: Place
    plain: str
    port: int

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """Ask the cloud past the plugin, as somebody at a console would."""
        token = (self.place.directory / "gcp" / f"{PROJECT}.token").read_text().strip()
        answer = urllib3.request(
            verb,
            self.plain + path,
            body=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        assert answer.status < 300, answer.data
        return json.loads(answer.data)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    sandbox = LocalSandbox.prepared(tmp_path_factory.mktemp("project"))
    try:
        sandbox.start_gcp()
        ports = sandbox.start_provider()
        local = Local(sandbox.place, sandbox.document["stacks"][STACK]["gcp"]["plain"], ports["gcp"])
        names = [f"{service}.googleapis.com" for service in SERVICES]
        local.call("POST", f"/v1/projects/{PROJECT}/services:batchEnable", {"serviceIds": names})
        yield local
    finally:
        sandbox.close()


@pytest.fixture(scope="session")
def connect(local: Local) -> Iterator[Callable[..., EngineSide]]:
    opened: list[EngineSide] = []

    def _connect(**options: Any) -> EngineSide:
        settings = {"project": PROJECT, "region": REGION, "defaultLabels": LABELS}
        opened.append(EngineSide(local.port, **{"stack": STACK, "settings": settings, "package": "gcp", **options}))
        return opened[-1]

    yield _connect
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def engine(connect: Callable[..., EngineSide]) -> EngineSide:
    return connect()


@pytest.fixture(scope="module")
def ground(
    local: Local, connect: Callable[..., EngineSide], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    directory = tmp_path_factory.mktemp("code")
    (directory / "main.py").write_text(CODE)
    policy = local.call("POST", "/v1/accessPolicies", {"parent": "organizations/1", "title": "all"})
    ground = Ground(connect(), {SIGNATURE: ARCHIVE, "path": str(directory), "hash": "a"}, policy["response"]["name"])
    yield ground
    ground.close()
