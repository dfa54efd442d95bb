"""The HTTP handler serves only what it was deployed for, and acknowledges nothing that was not done."""

import base64
import dataclasses
import datetime as dt
import json
import logging
from typing import Any

import pytest
from keystead.functions.rotator import gcp as handler
from keystead.functions.rotator.settings import CloudSettings, RotatorSettings, SecretSettings, WindowSettings
from keystead.functions.shared import clock, events
from keystead.functions.shared.google import identity
from keystead.functions.shared.settings import SETTINGS_FILE, dump
from keystead.functions.stores.gcp import GcpSecretStore

from tests.components.functions.fake_secret_manager import NAME, NUMBER, FakeSecretManager
from tests.components.functions.memory import Crash, Fault, World
from tests.components.functions.shapes import shape

PROJECT = "acme-prod"
SUBSCRIPTION = f"projects/{PROJECT}/subscriptions/prod-rotator"
SECRET_ID = f"projects/{NUMBER}/secrets/{NAME}"
SETTINGS = RotatorSettings(
    environment="prod",
    cloud=CloudSettings(PROJECT, "us-east1", NUMBER, "prod-rotator"),
    secrets={NAME: SecretSettings("random", 7776000, 2592000, shape("canary_"))},
)


@dataclasses.dataclass
class Request:
    body: Any
    method: str = "POST"

    def get_data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Collector(logging.Handler):
    def __init__(self, written: list[str]) -> None:
        super().__init__()
        self.written = written

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))


@dataclasses.dataclass
class Setup:
    world: World
    cloud: FakeSecretManager
    written: list[str]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written]

    def serve(self, body: Any, method: str = "POST") -> int:
        return handler.handle(Request(body, method))[1]

    def push(self, event: str, identifier: str = "1", seconds: float = 0.0, **changes: object) -> dict[str, Any]:
        """What Pub/Sub sends, published so many seconds from now."""
        moment = (self.world.now + dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        message: dict[str, object] = {
            "attributes": {"eventType": event, "secretId": SECRET_ID, "dataFormat": "JSON_API_V1"},
            "data": base64.b64encode(b'{"name": "..."}').decode(),
            "messageId": identifier,
            "message_id": identifier,
            "publishTime": moment,
            "publish_time": moment,
        }
        return {"message": {**message, **changes}, "subscription": SUBSCRIPTION, "deliveryAttempt": 1}


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, clean_logging: logging.Logger) -> Setup:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    cloud = FakeSecretManager(world)
    written: list[str] = []
    clean_logging.addHandler(Collector(written))
    function = handler.RotatorFunction(SETTINGS, GcpSecretStore(cloud, NUMBER))
    monkeypatch.setattr(handler, "_function", lambda: function)
    return Setup(world, cloud, written)


def test_a_secrets_creation_gives_it_its_first_value_and_is_acknowledged(setup: Setup) -> None:
    assert setup.serve(setup.push("SECRET_CREATE", "7")) == 204
    assert str(setup.cloud.value("current")).startswith("canary_")
    (line,) = setup.events()
    assert (line["event"], line["secret"], line["version"]) == (events.STEP_DONE, NAME, "message-7")
    assert line["severity"] == "INFO"
    assert "canary" not in "".join(setup.written)


def test_a_due_rotation_gives_a_new_value_and_keeps_the_one_before(setup: Setup) -> None:
    setup.serve(setup.push("SECRET_CREATE"))
    first = setup.cloud.value("current")
    setup.world.now += dt.timedelta(days=90)
    assert setup.serve(setup.push("SECRET_ROTATE", "2")) == 204
    assert setup.cloud.value("previous") == first != setup.cloud.value("current")


def test_a_message_delivered_again_or_out_of_order_is_acknowledged_and_changes_nothing(setup: Setup) -> None:
    setup.serve(setup.push("SECRET_CREATE"))
    setup.world.now += dt.timedelta(days=90)
    rotate = setup.push("SECRET_ROTATE", "2")
    setup.serve(rotate)
    kept = dict(setup.cloud.aliases)
    setup.world.now += dt.timedelta(minutes=10)
    assert setup.serve(rotate) == 204
    assert setup.serve(setup.push("SECRET_CREATE", "1")) == 204
    assert setup.serve(setup.push("SECRET_ROTATE", "0", seconds=-86400)) == 204
    assert setup.cloud.aliases == kept
    assert len(setup.cloud.versions) == 2


@pytest.mark.parametrize("event", ["SECRET_UPDATE", "SECRET_VERSION_ADD", "SECRET_DELETE", "TOPIC_CONFIGURED"])
def test_other_events_are_acknowledged_also_those_that_name_no_secret_of_ours(setup: Setup, event: str) -> None:
    assert setup.serve(setup.push(event)) == 204
    assert setup.serve(setup.push(event, attributes={"eventType": event})) == 204
    assert setup.world.calls == []


def test_a_secret_that_people_bring_values_for_is_left_to_the_sweeps_reminder(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {NAME: SecretSettings("manual", 7776000, 0)}
    store = GcpSecretStore(setup.cloud, NUMBER)
    function = handler.RotatorFunction(dataclasses.replace(SETTINGS, secrets=entries), store)
    monkeypatch.setattr(handler, "_function", lambda: function)
    assert setup.serve(setup.push("SECRET_ROTATE")) == 204
    assert setup.serve(dict(events.SWEEP_EVENT)) == 204
    assert setup.cloud.versions == {}
    assert setup.events()[0]["event"] == events.FIRST_VALUE_WAITING


def attributes(**changes: str) -> dict[str, str]:
    return {"eventType": "SECRET_ROTATE", "secretId": SECRET_ID, **changes}


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("another subscription", {"subscription": f"projects/{PROJECT}/subscriptions/dev-rotator"}, "another subscription"),
    ("another project's", {"subscription": "projects/acme-dev/subscriptions/prod-rotator"}, "another subscription"),
    ("no subscription", {"subscription": None}, "another subscription"),
    ("a list for a message", {"message": []}, "neither a pushed message nor a sweep"),
    ("another secret", {"attributes": attributes(secretId=SECRET_ID + "-x")}, "secretId is not a secret"),
    ("another project", {"attributes": attributes(secretId=SECRET_ID.replace(NUMBER, "1"))}, "secretId is not a"),
    ("by another id", {"attributes": attributes(secretId=SECRET_ID.replace(NUMBER, "acme-dev"))}, "secretId is not a"),
    (
        "regional",
        {"attributes": attributes(secretId=SECRET_ID.replace("/secrets", "/locations/x/secrets"))},
        "secretId",
    ),
    ("no secret", {"attributes": {"eventType": "SECRET_CREATE"}}, "secretId is not a secret"),
    ("no attributes", {"attributes": None}, "neither a pushed message nor a sweep"),
    ("no messageId", {"messageId": None}, "no messageId of letters and digits"),
    ("a messageId with spaces", {"messageId": "a b"}, "no messageId of letters and digits"),
    ("no publishTime", {"publishTime": None}, "its publishTime is not a time"),
    ("a publishTime without zone", {"publishTime": "2030-01-01T00:00:00"}, "has no time zone"),
    ("data that is not base64", {"data": "{"}, "data is not base64"),
]


@pytest.mark.parametrize(("changes", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_what_it_was_not_deployed_for_goes_to_the_dead_letters_before_the_store_is_asked(
    changes: dict[str, Any], reason: str, setup: Setup
) -> None:
    body = setup.push("SECRET_ROTATE")
    target = body if set(changes) <= {"subscription", "message"} else body["message"]
    target.update(changes)
    assert setup.serve(body) == 403
    (line,) = setup.events()
    assert (line["event"], line["severity"], line["error"]) == (events.ROTATION_FAILED, "ERROR", "RefusedError")
    assert reason in line["reason"]
    assert setup.world.calls == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"[]", b"null", b'{"action": "sweep", "more": 1}', b'{"action": "destroy"}']
)
def test_a_body_that_is_neither_a_message_nor_a_sweep_is_refused(setup: Setup, body: bytes) -> None:
    assert setup.serve(body) == 403
    assert setup.events()[0]["event"] == events.ROTATION_FAILED


def test_another_method_than_post_is_refused(setup: Setup) -> None:
    assert setup.serve(setup.push("SECRET_ROTATE"), "GET") == 403


def test_a_failure_is_logged_without_values_and_the_next_delivery_succeeds(setup: Setup) -> None:
    setup.serve(setup.push("SECRET_CREATE"))
    setup.world.now += dt.timedelta(days=90)
    rotate = setup.push("SECRET_ROTATE", "2")
    setup.world.calls.clear()

    def fail() -> None:
        raise ValueError(setup.cloud.value("current"))

    setup.world.fault = Fault("GET version:access", meanwhile=fail)
    assert setup.serve(rotate) == 500
    line = setup.events()[-1]
    assert (line["event"], line["secret"], line["step"]) == (events.ROTATION_FAILED, NAME, "SECRET_ROTATE")
    assert (line["error"], line["severity"], line["version"]) == ("ValueError", "ERROR", "message-2")
    assert "canary_" not in "".join(setup.written)
    assert setup.serve(rotate) == 204
    assert setup.cloud.value("previous")


def test_the_sweep_makes_a_missing_first_value_and_finishes_what_was_left(setup: Setup) -> None:
    assert setup.serve(dict(events.SWEEP_EVENT)) == 204
    first = setup.cloud.value("current")
    assert str(first).startswith("canary_")
    setup.world.now += dt.timedelta(days=90)
    setup.world.calls.clear()
    setup.world.fault = Fault("GET version:access")
    assert setup.serve(setup.push("SECRET_ROTATE", "2")) == 500
    assert setup.cloud.value("pending")
    assert setup.serve(dict(events.SWEEP_EVENT)) == 204
    assert setup.cloud.value("previous") == first
    assert setup.events()[-1]["event"] == events.SWEEP_DONE


def test_a_sweep_that_fails_fails_the_request(setup: Setup) -> None:
    setup.world.fault = Fault(2)
    assert setup.serve(dict(events.SWEEP_EVENT)) == 500
    waiting, failed, done, rotation = setup.events()
    assert (waiting["event"], waiting["secret"]) == (events.FIRST_VALUE_WAITING, NAME)
    assert (failed["event"], failed["error"]) == (events.SWEEP_FAILED, Crash.__name__)
    assert (done["event"], done["failed"]) == (events.SWEEP_DONE, 1)
    assert (rotation["event"], rotation["secret"], rotation["step"]) == (events.ROTATION_FAILED, "all", "sweep")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(NUMBER, "FileNotFoundError"), ("300000000001", "runs in another project than it was deployed for")],
    ids=["no settings", "another project"],
)
def test_a_function_without_settings_or_in_another_project_serves_nothing(
    number: str,
    reason: str,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    clean_logging: logging.Logger,
) -> None:
    written: list[str] = []
    clean_logging.addHandler(Collector(written))
    monkeypatch.setattr(handler, "_ROOT", tmp_path)
    monkeypatch.setattr(identity, "project_number", lambda: number)
    if number != NUMBER:
        (tmp_path / SETTINGS_FILE).write_bytes(dump(SETTINGS))
    handler._function.cache_clear()
    assert handler.handle(Request(dict(events.SWEEP_EVENT)))[1] in (403, 500)
    assert reason in written[-1]


@pytest.fixture
def windowed(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """A secret that rotates every 30 days between 2 and 5 o'clock in UTC; it is noon, and it has its first value."""
    entry = SecretSettings("random", 30 * 86400, 10 * 86400, shape("canary_"), window=WindowSettings(2, 3))
    settings = dataclasses.replace(SETTINGS, secrets={NAME: entry})
    function = handler.RotatorFunction(settings, GcpSecretStore(setup.cloud, NUMBER))
    monkeypatch.setattr(handler, "_function", lambda: function)
    setup.world.now = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
    assert setup.serve(setup.push("SECRET_CREATE")) == 204
    return setup


def test_a_message_outside_the_window_is_held_back_and_made_up_by_the_sweep_in_it(windowed: Setup) -> None:
    windowed.world.now = dt.datetime(2027, 3, 31, 5, 1, tzinfo=dt.UTC)
    first = windowed.cloud.value("current")
    assert windowed.serve(windowed.push("SECRET_ROTATE", "2")) == 204
    assert windowed.events()[-1]["event"] == events.ROTATION_HELD_BACK
    assert windowed.serve(dict(events.SWEEP_EVENT)) == 204
    assert windowed.cloud.value("current") == first
    windowed.world.now += dt.timedelta(hours=21)
    assert windowed.serve(dict(events.SWEEP_EVENT)) == 204
    assert windowed.cloud.value("previous") == first


def test_a_message_in_the_window_rotates(windowed: Setup) -> None:
    windowed.world.now = dt.datetime(2027, 3, 31, 2, tzinfo=dt.UTC)
    first = windowed.cloud.value("current")
    assert windowed.serve(windowed.push("SECRET_ROTATE", "2")) == 204
    assert windowed.cloud.value("previous") == first


def test_what_a_person_asks_for_is_rotated_at_any_hour(windowed: Setup) -> None:
    first = windowed.cloud.value("current")
    attributes = {"eventType": "SECRET_ROTATE", "secretId": SECRET_ID, **events.REQUESTED}
    windowed.world.now += dt.timedelta(minutes=1)
    assert windowed.serve(windowed.push("SECRET_ROTATE", "2", attributes=attributes)) == 204
    assert windowed.cloud.value("previous") == first


def test_an_unfinished_rotation_is_not_finished_outside_the_window_either(windowed: Setup) -> None:
    windowed.world.now = dt.datetime(2027, 3, 31, 2, tzinfo=dt.UTC)
    rotate = windowed.push("SECRET_ROTATE", "2")
    windowed.world.attempt(lambda: windowed.serve(rotate), Fault(8, before=True))
    assert "pending" in windowed.cloud.aliases
    windowed.world.now += dt.timedelta(hours=3)
    held = windowed.cloud.aliases.get("current")
    assert windowed.serve(rotate) == 204
    assert windowed.serve(dict(events.SWEEP_EVENT)) == 204
    assert windowed.cloud.aliases.get("current") == held
    windowed.world.now += dt.timedelta(hours=21)
    assert windowed.serve(dict(events.SWEEP_EVENT)) == 204
    assert windowed.cloud.aliases.get("current") != held


def test_a_sweep_never_cuts_an_overlap_short(windowed: Setup) -> None:
    windowed.world.now = dt.datetime(2027, 3, 31, 2, tzinfo=dt.UTC)
    windowed.serve(windowed.push("SECRET_ROTATE", "2"))
    kept = dict(windowed.cloud.aliases)
    windowed.world.now += dt.timedelta(days=5)
    windowed.serve(dict(events.SWEEP_EVENT))
    assert windowed.cloud.aliases == kept


@pytest.mark.parametrize(("days", "rotated"), [(89, False), (90, True), (91, False), (200, False)])
def test_the_sweep_rotates_what_comes_of_age_before_its_message_and_not_what_a_new_schedule_makes_too_old(
    setup: Setup, days: int, rotated: bool
) -> None:
    setup.serve(setup.push("SECRET_CREATE"))
    first = setup.cloud.value("current")
    setup.world.now += dt.timedelta(days=days, minutes=1)
    setup.serve(dict(events.SWEEP_EVENT))
    assert (setup.cloud.value("current") != first) is rotated


@pytest.mark.parametrize("project", [NUMBER, PROJECT])
def test_the_secret_of_a_message_may_be_named_by_the_projects_number_or_id(setup: Setup, project: str) -> None:
    attributes = {"eventType": "SECRET_CREATE", "secretId": f"projects/{project}/secrets/{NAME}"}
    assert setup.serve(setup.push("SECRET_CREATE", "7", attributes=attributes)) == 204
    assert setup.cloud.value("current")
