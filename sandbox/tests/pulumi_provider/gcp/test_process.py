"""The plugin as a process and as Google's client: its line, its errors, its patience; never a credential."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from keystead_sandbox.common.registry import RegistryError
from keystead_sandbox.host.place import ROOT
from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.gcp import client as clients
from keystead_sandbox.pulumi_provider.gcp.client import Client
from keystead_sandbox.pulumi_provider.gcp.projects import Project, projects
from tests.pulumi_provider.engine_side import EngineSide, RefusedError

pytestmark = pytest.mark.cloud

TOPIC = "gcp:pubsub/topic:Topic"
Answers = list[tuple[int, Any]]


def _sandbox(directory: Path, endpoint: str = "http://127.0.0.1:1", token: str = "canary-token") -> Path:  # noqa: S107
    project = {"project": "acme-trial", "number": "300000000042", "endpoint": endpoint, "plain": endpoint}
    (directory / "sandbox.json").write_text(json.dumps({"version": 2, "stacks": {"trial": {"gcp": project}}}))
    (directory / "gcp").mkdir(exist_ok=True)
    (directory / "gcp" / "acme-trial.token").write_text(f"{token}\n")
    return directory / "sandbox.json"


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, int]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "keystead_sandbox.pulumi_provider", "--registry", str(_sandbox(tmp_path))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process, json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=20)


def test_one_process_serves_both_clouds_on_loopback_alone(plugin: Any) -> None:
    _, ports = plugin
    assert set(ports) == {"aws", "gcp"}
    for port in ports.values():
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port), timeout=5):
            pass


def test_a_cloud_that_does_not_answer_is_named_without_its_credentials(plugin: Any) -> None:
    process, ports = plugin
    engine = EngineSide(ports["gcp"], "trial", {"project": "acme-trial"}, package="gcp")
    with pytest.raises(
        RefusedError, match=r"the cloud of stack 'trial' does not answer at http://127\.0\.0\.1:1"
    ) as no:
        engine.create(TOPIC, "nowhere", {"name": "nowhere"})
    engine.close()
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert "canary" not in str(no.value) + errors


def test_a_registry_is_read_again_when_it_changes_and_shows_no_token(tmp_path: Path) -> None:
    path = _sandbox(tmp_path)
    found = projects(path)
    assert found.cloud("trial").number == "300000000042"
    _sandbox(tmp_path, "http://127.0.0.1:22")
    assert found.cloud("trial").endpoint == "http://127.0.0.1:22"
    assert "canary" not in repr(found.cloud("trial"))
    (tmp_path / "gcp" / "acme-trial.token").unlink()
    with pytest.raises(RegistryError, match=r"stack 'trial' has no GCP project in the sandbox \(up: none\)"):
        found.cloud("trial")
    path.write_text("{")
    with pytest.raises(RegistryError, match=r"cannot read the sandbox's registry sandbox\.json"):
        found.cloud("trial")


def test_the_clock_of_the_sandbox_is_the_clouds(tmp_path: Path) -> None:
    cloud = projects(_sandbox(tmp_path)).cloud("trial")
    before = cloud.now()
    (tmp_path / "clock").write_text("86400\n")
    assert cloud.now() >= before + 86400


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Callable[[Answers], Client]]:
    """A server that gives prepared answers, one after another."""
    servers = []

    def serve(answers: Answers) -> Client:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content = answers.pop(0)
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        return Client(Project("trial", endpoint, "acme-trial", "1", "canary-token", tmp_path / "clock"))

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def _refusal(code: int, status: str, message: str) -> tuple[int, Any]:
    return code, {"error": {"code": code, "status": status, "message": message}}


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    pauses: list[int] = []
    monkeypatch.setattr(clients, "pause", lambda number, **_: pauses.append(number))
    return pauses


@pytest.mark.parametrize("code", [429, 502, 503])
def test_a_busy_service_is_asked_again(google: Callable[[Answers], Client], waited: list[int], code: int) -> None:
    busy = _refusal(code, "UNAVAILABLE", "try later")
    assert google([busy, busy, (200, {"name": "x"})]).call("GET", "/v1/x") == {"name": "x"}
    assert waited == [0, 1]


def test_a_service_that_stays_busy_is_given_up(google: Callable[[Answers], Client], waited: list[int]) -> None:
    busy = _refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded.")
    with pytest.raises(CloudError, match=r"GET /v1/x: RESOURCE_EXHAUSTED: Quota exceeded\. \(HTTP 429\)"):
        google([busy] * clients.TRIES).call("GET", "/v1/x")
    assert len(waited) == clients.TRIES - 1


def test_a_refusal_says_the_call_the_status_and_googles_words(google: Callable[[Answers], Client]) -> None:
    client = google([_refusal(403, "PERMISSION_DENIED", "Permission 'a.b.c' denied."), (404, b"<!DOCTYPE html>")])
    with pytest.raises(CloudError, match=r"^GET /v1/x: PERMISSION_DENIED: Permission 'a\.b\.c' denied\.") as no:
        client.call("GET", "/v1/x")
    assert "canary" not in str(no.value)
    with pytest.raises(CloudError, match=r"^GET /v1/y: 404: Not Found"):
        client.call("GET", "/v1/y")


def test_an_operation_is_polled_until_it_is_done(google: Callable[[Answers], Client], waited: list[int]) -> None:
    pending = {"name": "operations/1"}
    done = {**pending, "done": True, "response": {"state": "ACTIVE"}}
    assert google([(200, pending), (200, done)]).wait("v1", pending, "POST /v1/x") == {"state": "ACTIVE"}
    assert waited == [0, 1]


def test_a_failed_operation_says_why_and_leaves_the_intent(google: Callable[[Answers], Client]) -> None:
    failed = {"name": "operations/1", "done": True, "error": {"code": 9, "message": "Container did not start."}}
    with pytest.raises(CloudError, match="the operation failed: FAILED_PRECONDITION: Container did not start") as no:
        google([]).wait("v1", failed, "POST /v1/x")
    assert no.value.code == ""


def test_an_operation_that_never_ends_is_given_up(
    google: Callable[[Answers], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "OPERATION_SECONDS", -1)
    with pytest.raises(CloudError, match="the operation is not done after"):
        google([]).wait("v1", {"name": "operations/1"}, "POST /v1/x")
