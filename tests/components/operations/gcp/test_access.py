import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from keystead.model.errors import CloudError
from keystead.operations.gcp.access import Access, access_for
from keystead.operations.gcp.failures import Refusal
from keystead.operations.gcp.session import Session

CONFIGURATION = """\
[core]
project = acme-prod
custom_ca_certs_file = /etc/ca%2F.pem
[auth]
access_token_file = {token}
[api_endpoint_overrides]
secretmanager = https://127.0.0.1:8443/
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """gcloud's folder, and no other credentials."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    (tmp_path / "configurations").mkdir()
    return tmp_path


def test_the_configuration_named_after_the_environment_says_how_its_project_is_reached(folder: Path) -> None:
    token = folder / "token"
    (folder / "configurations" / "config_prod").write_text(CONFIGURATION.format(token=token))
    access = access_for("prod")
    assert access.title == "the gcloud configuration 'prod'"
    assert access.endpoint("secretmanager") == "https://127.0.0.1:8443"
    assert access.endpoint("cloudkms") == "https://cloudkms.googleapis.com"
    assert access.authority == Path("/etc/ca%2F.pem")
    for text in ("first", "second"):
        token.write_text(f"{text}\n")
        assert access.bearer() == text
    assert "second" not in repr(access)


def test_a_token_file_that_is_gone_says_what_to_do(folder: Path) -> None:
    (folder / "configurations" / "config_prod").write_text(CONFIGURATION.format(token=folder / "gone"))
    with pytest.raises(CloudError, match="token file of the gcloud configuration 'prod' cannot be read"):
        access_for("prod").bearer()


def test_a_configuration_without_a_token_file_leaves_it_to_the_default_credentials(folder: Path) -> None:
    (folder / "configurations" / "config_prod").write_text("[core]\naccount = somebody@example.com\n")
    with pytest.raises(CloudError, match="no Google credentials found"):
        access_for("prod")


def test_a_configuration_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "configurations" / "config_prod").write_text("no section\n")
    with pytest.raises(CloudError, match="config_prod cannot be read: MissingSectionHeaderError"):
        access_for("prod")


class Moody(BaseHTTPRequestHandler):
    """Throttles the first call, sends one path elsewhere, and tells what it was asked."""

    seen: list[tuple[str, str | None, str | None]] = []  # noqa: RUF012 - one list for the one server of a test

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["authorization"], self.headers["x-goog-user-project"]))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("location", f"http://{self.headers['host']}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        throttled = len(self.seen) == 1
        body = b'{"error": {"status": "RESOURCE_EXHAUSTED"}}' if throttled else json.dumps({"ok": True}).encode()
        self.send_response(429 if throttled else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def moody() -> Iterator[str]:
    Moody.seen = []
    with HTTPServer(("127.0.0.1", 0), Moody) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_throttled_call_is_made_again_and_a_persons_calls_name_who_pays(moody: str) -> None:
    access = Access(title="test", bearer=lambda: "token", endpoints={"cloudkms": moody}, payer="acme-quota")
    answer = Session(access).call("GET", "cloudkms", "v1/projects/acme", query={"pageSize": "5"})
    asked = ("/v1/projects/acme?pageSize=5", "Bearer token", "acme-quota")
    assert (answer, Moody.seen) == ({"ok": True}, [asked, asked])


def test_a_call_that_nobody_answers_is_a_refusal_that_names_the_endpoint() -> None:
    access = Access(title="test", bearer=lambda: "token", endpoints={"cloudkms": "http://127.0.0.1:9"})
    with pytest.raises(Refusal) as caught:
        Session(access).call("GET", "cloudkms", "v1/projects/acme")
    assert (caught.value.code, caught.value.endpoint) == (0, "http://127.0.0.1:9")


def test_a_redirect_is_refused_and_the_token_goes_nowhere_else(moody: str) -> None:
    access = Access(title="test", bearer=lambda: "token", endpoints={"cloudkms": moody})
    with pytest.raises(Refusal) as caught:
        Session(access).call("GET", "cloudkms", "moved")
    assert (caught.value.code, [path for path, _, _ in Moody.seen]) == (302, ["/moved"])
