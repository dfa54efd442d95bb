"""Values marked as secret never leave through a log, however careless the code that logs."""

import base64
import copy
import http.server
import io
import json
import logging
import pickle
import threading
import urllib.parse
from collections.abc import Callable, Iterator

import botocore.session
import pytest
from keystead.functions.shared import logs, redaction
from keystead.functions.shared.redaction import MASK, Sensitive

CANARY = 'canary/"quoted" + back\\slash & ümlaut'
WIRE_CANARY = "canary-of-the-wire-0123456789"
Leak = Callable[[logging.Logger, str], None]


def leak_in_message(logger: logging.Logger, value: str) -> None:
    logger.warning(f"value is {value}")  # noqa: G004  # the careless way is the point


def leak_in_arguments(logger: logging.Logger, value: str) -> None:
    logger.warning("value is %s, %r", value, [value])


def leak_in_named_arguments(logger: logging.Logger, value: str) -> None:
    logger.warning("value is %(value)s", {"value": value})


def leak_in_broken_arguments(logger: logging.Logger, value: str) -> None:
    logger.warning("value is %d", value)


def leak_in_exception(logger: logging.Logger, value: str) -> None:
    try:
        raise ValueError(value)
    except ValueError:
        logger.exception("failed")


def leak_in_cause(logger: logging.Logger, value: str) -> None:
    try:
        try:
            raise KeyError(value)
        except KeyError as error:
            error.add_note(f"while using {value}")
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("failed")


def leak_in_extra_text(logger: logging.Logger, value: str) -> None:
    logger.warning("extra", extra={"detail": value})


def leak_in_extra_structure(logger: logging.Logger, value: str) -> None:
    logger.warning("extra", extra={"detail": {"request": [value]}})


def leak_in_json(logger: logging.Logger, value: str) -> None:
    logger.warning(json.dumps({"SecretString": value}))


def leak_in_json_in_repr(logger: logging.Logger, value: str) -> None:
    logger.warning("body %s", {"body": json.dumps({"SecretString": value}).encode()})


def leak_in_base64(logger: logging.Logger, value: str) -> None:
    logger.warning(base64.b64encode(value.encode()).decode())


def leak_in_url(logger: logging.Logger, value: str) -> None:
    logger.warning("GET /?key=%s", urllib.parse.quote(value, safe=""))


def leak_in_bytes(logger: logging.Logger, value: str) -> None:
    logger.warning("%r", value.encode())


LEAKS = [entry for name, entry in globals().items() if name.startswith("leak_in_")]
SPELLINGS = [
    CANARY,
    json.dumps(CANARY)[1:-1],
    base64.b64encode(CANARY.encode()).decode(),
    urllib.parse.quote(CANARY, safe=""),
    "canary/",
]


class Everything(logging.Formatter):
    """Shows all that a record holds, as a log agent would."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) + " " + repr(record.__dict__)


def run(leak: Leak, root: logging.Logger, *, redact: bool) -> str:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Everything())
    root.addHandler(handler)
    if redact:
        redaction.install()
    leak(logging.getLogger("some.library"), Sensitive(CANARY).reveal())
    return written.getvalue()


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_masked(leak: Leak, clean_logging: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    written = run(leak, clean_logging, redact=True) + capsys.readouterr().err
    assert written
    assert [spelling for spelling in SPELLINGS if spelling in written] == []


@pytest.mark.parametrize("leak", LEAKS)
def test_without_the_filter_the_same_leak_shows(
    leak: Leak, clean_logging: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    written = run(leak, clean_logging, redact=False) + capsys.readouterr().err
    assert [spelling for spelling in SPELLINGS if spelling in written] != []


def test_handlers_added_later_and_on_other_loggers_are_covered(clean_logging: logging.Logger) -> None:
    redaction.install()
    written = io.StringIO()
    library = logging.getLogger("late.library")
    library.propagate = False
    library.addHandler(logging.StreamHandler(written))
    library.warning("value is %s", Sensitive(CANARY).reveal())
    clean_logging.addHandler(logging.StreamHandler(written))
    logging.getLogger("other").error("value is %s", CANARY)
    assert written.getvalue() == f"value is {MASK}\n" * 2


class SecretsManagerWire(http.server.BaseHTTPRequestHandler):
    """Answers every call with one value, so that botocore has something to log."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"Name": "dev/a", "SecretString": WIRE_CANARY}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SecretsManagerWire) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("redact", [True, False], ids=["with the filter", "without it"])
def test_botocores_debug_log_of_a_value_going_out_and_coming_in_is_masked(
    redact: bool, clean_logging: logging.Logger, endpoint: str
) -> None:
    written = io.StringIO()
    clean_logging.addHandler(logging.StreamHandler(written))
    if redact:
        logs.configure()
    clean_logging.setLevel(logging.DEBUG)
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "example")
    client = session.create_client("secretsmanager", region_name="us-east-1", endpoint_url=endpoint)
    value = Sensitive(WIRE_CANARY)
    client.put_secret_value(SecretId="dev/a", SecretString=value.reveal())
    client.get_secret_value(SecretId="dev/a")
    client.close()
    assert "Making request" in written.getvalue()
    assert "Response body" in written.getvalue()
    assert (WIRE_CANARY in written.getvalue()) is not redact
    assert (MASK in written.getvalue()) is redact


def test_lines_and_json_fields_of_a_value_are_masked_by_themselves() -> None:
    Sensitive("-----BEGIN KEY-----\nMIGkAgEBBDCcanaryline\n-----END KEY-----")
    Sensitive('{"user": "app", "password": "canary-password", "keys": ["canary-in-list"]}')
    assert redaction.mask("MIGkAgEBBDCcanaryline") == MASK
    assert redaction.mask("canary-password, canary-in-list") == f"{MASK}, {MASK}"
    assert redaction.mask("user app") == "user app"


def test_of_two_values_one_inside_the_other_nothing_remains() -> None:
    Sensitive("canary-inner")
    Sensitive("canary-inner-and-outer")
    assert redaction.mask("canary-inner-and-outer canary-inner") == f"{MASK} {MASK}"


def test_an_empty_value_masks_nothing() -> None:
    Sensitive("")
    assert redaction.mask("plain text") == "plain text"


def test_a_record_that_cannot_be_masked_loses_its_text(clean_logging: logging.Logger) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise ValueError(CANARY)

        __repr__ = __str__

    written = io.StringIO()
    clean_logging.addHandler(logging.StreamHandler(written))
    redaction.install()
    logging.getLogger("hostile").error("%s", Hostile(), extra={"detail": Hostile()})
    assert written.getvalue() == "a log record was withheld because it could not be redacted\n"


def test_installing_twice_changes_nothing_more(clean_logging: logging.Logger) -> None:
    clean_logging.addHandler(logging.NullHandler())
    redaction.install()
    first = logging.getLogRecordFactory()
    redaction.install()
    assert logging.getLogRecordFactory() is first
    assert len(clean_logging.filters) == len(clean_logging.handlers[0].filters) == 1


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:>40}".format, lambda value: f"{value}", lambda v: [v]])
def test_a_sensitive_value_does_not_show_itself(show: Callable[[object], object]) -> None:
    assert "canary" not in str(show(Sensitive("canary-shown")))


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_sensitive_value_is_neither_copied_nor_serialised(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        duplicate(Sensitive("canary-copied"))


def test_sensitive_values_compare_by_value_and_have_no_hash() -> None:
    assert Sensitive("canary-equal") == Sensitive("canary-equal")
    assert Sensitive("canary-equal") != Sensitive("canary-other")
    assert Sensitive("canary-equal") != "canary-equal"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Sensitive("canary-equal"))
