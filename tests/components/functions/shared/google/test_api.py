"""Calls to Google's APIs: tokens, retries, and errors that repeat nothing of what was said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google import identity
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.shared.sandbox import GOOGLE_VARIABLE

SECRET = "v1/projects/300000000003/secrets/prod-payments-api-key"
Reply = tuple[int, object]


class Server(ThreadingHTTPServer):
    """Gives the replies it was told to, the last one for ever, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [(200, {})]
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.headers: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, content))
        status, reply = self.server.replies.pop(0) if len(self.server.replies) > 1 else self.server.replies[0]
        if status == 0:
            self.connection.close()
            return
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  # http.server names its methods so

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        monkeypatch.setenv(GOOGLE_VARIABLE, f"http://{running.address}")
        monkeypatch.setenv("GCE_METADATA_HOST", running.address)
        yield running
        running.shutdown()
        thread.join(timeout=10)


class CountingTokens:
    """Hands out tokens, each until it was refused."""

    def __init__(self) -> None:
        self.forgotten = 0

    def get(self) -> Sensitive:
        return Sensitive(f"ya29.token-number-{self.forgotten}")

    def forget(self) -> None:
        self.forgotten += 1


class Setup:
    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.tokens = CountingTokens()
        self.api = Api(self.tokens, self.pauses.append)

    def call(self, **more: Any) -> dict[str, Any]:
        return self.api.call("GET", "secretmanager", SECRET, **more)


@pytest.fixture
def setup() -> Setup:
    return Setup()


def error(status: int, word: str = "", message: str = "canary in the answer") -> Reply:
    return status, {"error": {"code": status, "status": word, "message": message}}


def test_a_call_carries_its_token_its_query_and_json(server: Server, setup: Setup) -> None:
    server.replies = [(200, {"etag": "x"})]
    answer = setup.api.call("PATCH", "secretmanager", SECRET, {"a": "ü"}, query={"updateMask": "versionAliases"})
    ((method, path, headers, content),) = server.asked
    assert answer == {"etag": "x"}
    assert (method, path) == ("PATCH", f"/{SECRET}?updateMask=versionAliases")
    assert headers["authorization"] == "Bearer ya29.token-number-0"
    assert json.loads(content) == {"a": "ü"}


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_after_a_growing_pause(server: Server, setup: Setup, status: int) -> None:
    server.replies = [error(status), error(status), (200, {"fine": True})]
    assert setup.call() == {"fine": True}
    assert len(setup.pauses) == 2
    assert all(0.1 <= pause <= 0.4 * 2 ** (number + 1) for number, pause in enumerate(setup.pauses))


@pytest.mark.parametrize("status", [0, 429, 503])
def test_after_four_attempts_it_gives_up(server: Server, setup: Setup, status: int) -> None:
    server.replies = [error(status)]
    with pytest.raises(ApiError, match=r"GET secretmanager\.projects\.secrets: "):
        setup.call()
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("status", "word"), [(400, "FAILED_PRECONDITION"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND")]
)
def test_a_refusal_is_not_repeated_and_says_method_and_status_alone(
    server: Server, setup: Setup, status: int, word: str
) -> None:
    server.replies = [error(status, word)]
    with pytest.raises(ApiError) as failure:
        setup.call()
    assert str(failure.value) == f"GET secretmanager.projects.secrets: {status} {word}"
    assert (failure.value.code, failure.value.status) == (status, word)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        (418, b"canary"),
        error(418, "canary in lower case"),
        (418, ["canary"]),
        (418, {"error": "canary"}),
        (200, b"canary"),
    ],
)
def test_an_answer_that_google_does_not_give_is_an_error_without_its_words(
    server: Server, setup: Setup, reply: Reply
) -> None:
    server.replies = [reply]
    with pytest.raises(ApiError) as failure:
        setup.call()
    assert "canary" not in str(failure.value)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize(("status", "attempts"), [(503, 1), (0, 1), (429, 4)])
def test_what_must_not_happen_twice_is_repeated_only_where_it_had_no_effect(
    server: Server, setup: Setup, status: int, attempts: int
) -> None:
    server.replies = [error(status)]
    with pytest.raises(ApiError):
        setup.call(repeat=False)
    assert len(server.asked) == attempts


def test_a_token_that_is_refused_is_replaced_once(server: Server, setup: Setup) -> None:
    server.replies = [error(401, "UNAUTHENTICATED"), (200, {"fine": True})]
    assert setup.call() == {"fine": True}
    assert [headers["authorization"][-1] for _, _, headers, _ in server.asked] == ["0", "1"]
    server.replies = [error(401, "UNAUTHENTICATED")]
    with pytest.raises(ApiError, match="401 UNAUTHENTICATED"):
        setup.call()
    assert setup.tokens.forgotten == 2


def test_a_redirect_is_not_followed_with_the_token(server: Server, setup: Setup) -> None:
    server.replies = [(307, {})]
    server.headers = {"Location": f"http://{server.address}/elsewhere"}
    with pytest.raises(ApiError, match="307 failed"):
        setup.call()
    assert [path for _, path, _, _ in server.asked] == [f"/{SECRET}"]


def test_an_address_where_nobody_listens_is_an_error_of_the_connection(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GOOGLE_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(ApiError, match=r"GET secretmanager\.projects\.secrets: ConnectionRefusedError"):
        setup.call()


def test_the_metadata_servers_token_is_asked_for_once_until_shortly_before_its_end(server: Server) -> None:
    now = 1000.0
    server.headers = {"Metadata-Flavor": "Google"}
    server.replies = [(200, {"access_token": f"ya29.number-{number}", "expires_in": 3599}) for number in range(3)]
    tokens = identity.Tokens(identity.metadata_token, lambda: now)
    assert tokens.get() == tokens.get() == Sensitive("ya29.number-0")
    now += 3599 - identity.EARLY - 1
    assert tokens.get() == Sensitive("ya29.number-0")
    now += 1
    assert tokens.get() == Sensitive("ya29.number-1")
    tokens.forget()
    assert tokens.get() == Sensitive("ya29.number-2")
    assert {path for _, path, _, _ in server.asked} == {"/computeMetadata/v1/instance/service-accounts/default/token"}
    assert {headers["metadata-flavor"] for _, _, headers, _ in server.asked} == {"Google"}


def test_an_answer_without_the_metadata_servers_mark_is_not_taken_for_its_own(server: Server) -> None:
    server.replies = [(200, {"access_token": "canary", "expires_in": 3599})]
    with pytest.raises(ApiError, match=r"metadata\.token: 200 no metadata"):
        identity.metadata_token()
    assert len(server.asked) == identity.ATTEMPTS


def test_the_metadata_server_is_asked_past_every_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.headers = {"Metadata-Flavor": "Google"}
    server.replies = [(200, b"300000000003")]
    assert identity.project_number() == "300000000003"
