"""In a process of its own: Google's client library and pulumi each bring a google.rpc.Status."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests import preloaded

PATH = "projects/300000000007/secrets/dev-a"
PROGRAM = """
import json, sys
from keystead.operations.gcp.access import Access
from keystead.operations.gcp.failures import Refusal
from keystead.operations.gcp.secret_manager import SecretManager
from keystead.functions.shared.redaction import Sensitive
access = Access(title="test", bearer=lambda: "ya29.token", endpoints={"secretmanager": sys.argv[1]}, payer="acme-quota")
secrets = SecretManager(access)
try:
    if sys.argv[2] == "labels":
        labels, etag = secrets.labels(sys.argv[3])
        print(json.dumps([dict(labels.numbers), etag]))
    else:
        print(json.dumps(secrets.add(sys.argv[3], Sensitive("canary-value"))))
except Refusal as refusal:
    print(json.dumps({"code": refusal.code, "status": refusal.status, "message": refusal.message,
                      "endpoint": refusal.endpoint, "text": repr(refusal) + str(refusal)}))
"""


class Answers(BaseHTTPRequestHandler):
    """Gives the answers of a list, one a call, and tells what it was asked."""

    answers: list[tuple[int, dict[str, Any]]] = []  # noqa: RUF012 - one list for the one server of a test
    seen: list[tuple[str, str, str | None, str | None]] = []  # noqa: RUF012 - as above

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["content-length"] or 0))
        told = (self.headers["authorization"], self.headers["x-goog-user-project"])
        self.seen.append((self.command, self.path.partition("?")[0], *told))
        status, document = self.answers.pop(0)
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("location", f"http://{self.headers['host']}/elsewhere")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answers() -> Iterator[str]:
    Answers.seen = []
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(endpoint: str, call: str, *given: tuple[int, dict[str, Any]]) -> Any:
    Answers.answers = [*given]
    done = preloaded.run(["-c", PROGRAM, endpoint, call, PATH], cwd=Path(), env=os.environ)
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def refusal(status: str, message: str = "") -> dict[str, Any]:
    return {"error": {"status": status, "message": message}}


def test_labels_are_read_with_the_token_and_the_project_that_pays(answers: str) -> None:
    secret = {"name": PATH, "versionAliases": {"current": "2", "pending": "3"}, "etag": '"e1"'}
    assert asked(answers, "labels", (200, secret)) == [{"current": "2", "pending": "3"}, '"e1"']
    assert Answers.seen == [("GET", f"/v1/{PATH}", "Bearer ya29.token", "acme-quota")]


def test_what_may_be_repeated_is_tried_again(answers: str) -> None:
    found = asked(answers, "labels", (503, refusal("UNAVAILABLE")), (200, {"name": PATH}))
    assert (found, len(Answers.seen)) == ([{}, ""], 2)


def test_a_version_is_added_again_only_where_it_cannot_have_been_added(answers: str) -> None:
    made = {"name": f"{PATH}/versions/7", "clientSpecifiedPayloadChecksum": True}
    assert asked(answers, "add", (429, refusal("RESOURCE_EXHAUSTED")), (200, made)) == "7"
    found = asked(answers, "add", (503, refusal("UNAVAILABLE")))
    assert (found["code"], "canary" in found["text"]) == (503, False)


def test_a_refusal_holds_googles_words_and_never_the_value(answers: str) -> None:
    found = asked(answers, "add", (403, refusal("PERMISSION_DENIED", "no versions.add")))
    assert (found["code"], found["status"], found["message"]) == (403, "PERMISSION_DENIED", "no versions.add")
    assert ("canary" in found["text"], "ya29" in found["text"]) == (False, False)


@pytest.mark.parametrize("call", ["labels", "add"])
def test_a_redirect_is_refused_and_the_token_goes_nowhere_else(answers: str, call: str) -> None:
    found = asked(answers, call, (302, {}))
    assert (found["code"], [path for _, path, _, _ in Answers.seen if "elsewhere" in path]) == (302, [])


def test_a_call_that_nobody_answers_is_a_refusal_that_names_the_endpoint() -> None:
    found = asked("http://127.0.0.1:9", "labels")
    assert (found["code"], found["endpoint"]) == (0, "http://127.0.0.1:9")
