"""Logs are one JSON object a line, in the form that metric filters match."""

import io
import json
import logging
import re

import pytest
from keystead.functions.shared import logs
from keystead.functions.shared.redaction import MASK, Sensitive


@pytest.fixture
def written(clean_logging: logging.Logger) -> io.StringIO:
    stream = io.StringIO()
    clean_logging.addHandler(logging.StreamHandler(stream))
    logs.configure()
    return stream


def test_an_event_is_one_line_with_its_fields_at_the_top(written: io.StringIO) -> None:
    logs.emit("rotation_late", level=logging.ERROR, secret="prod/a", age_days=91.0)
    (line,) = written.getvalue().splitlines()
    event = json.loads(line)
    assert {name: event[name] for name in ("event", "secret", "age_days", "level")} == {
        "event": "rotation_late",
        "secret": "prod/a",
        "age_days": 91.0,
        "level": "ERROR",
    }


def test_any_other_record_is_one_line_too_its_traceback_included(written: io.StringIO) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("library").exception("it\nfailed")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["message"] == "it\nfailed"
    assert "ValueError: first\nsecond" in json.loads(line)["exception"]


def test_a_field_that_holds_a_value_is_masked_and_the_event_still_counts(written: io.StringIO) -> None:
    value = Sensitive('canary-"in"-a-field')
    logs.emit("rotation_failed", secret="prod/a", reason=value.reveal(), wrapped=[value])
    event = json.loads(written.getvalue())
    assert (event["event"], event["secret"], event["reason"]) == ("rotation_failed", "prod/a", MASK)
    assert "canary" not in written.getvalue()


def test_on_gcp_the_level_is_the_entrys_severity(clean_logging: logging.Logger) -> None:
    stream = io.StringIO()
    clean_logging.addHandler(logging.StreamHandler(stream))
    logs.configure(logs.CLOUD_LOGGING)
    logs.emit("rotation_failed", level=logging.ERROR, secret="prod-a")
    line = json.loads(stream.getvalue())
    assert (line["severity"], line["event"]) == ("ERROR", "rotation_failed")
    assert "level" not in line


def test_a_line_has_its_time_in_rfc_3339_so_that_cloud_logging_takes_it_for_the_entrys(written: io.StringIO) -> None:
    logs.emit("sweep_done")
    time = json.loads(written.getvalue())["time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", time)


def test_lambdas_request_id_is_kept(written: io.StringIO) -> None:
    logging.getLogger("library").warning("text", extra={"aws_request_id": "8a6b"})
    assert json.loads(written.getvalue())["request"] == "8a6b"


def test_configuring_again_changes_nothing_more(written: io.StringIO, clean_logging: logging.Logger) -> None:
    before = clean_logging.handlers[:], clean_logging.filters[:], clean_logging.level
    logs.configure()
    assert (clean_logging.handlers, clean_logging.filters, clean_logging.level) == before
    logging.getLogger("library").info("once")
    assert len(written.getvalue().splitlines()) == 1


def test_without_a_handler_the_process_gets_one(clean_logging: logging.Logger) -> None:
    clean_logging.handlers = []
    logs.configure()
    (handler,) = clean_logging.handlers
    assert isinstance(handler.formatter, logs.JsonFormatter)
