"""The Lambda handler serves only what it was deployed for, and says nothing of values when it fails."""

import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator import aws as handler
from keystead.functions.rotator.settings import CloudSettings, FollowerSettings, RotatorSettings, SecretSettings
from keystead.functions.shared import events
from keystead.functions.shared.errors import RotationFailedError, SettingsError
from keystead.functions.shared.settings import SETTINGS_FILE, dump
from keystead.functions.stores.aws import AwsSecretStore
from keystead.functions.stores.mirrored import MirroredSecretStore

from tests.components.functions.memory import SECRET, Crash, Fault, MemoryStore, World
from tests.components.functions.shapes import shape

ACCOUNT, REGION = "000000000003", "us-east-1"
ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{SECRET}-a1B2c3"
TOKEN = "4d1f6a5e-7e7e-4f2b-9a77-7f0e8ab1c001"
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
SETTINGS = RotatorSettings(
    environment="prod",
    cloud=CloudSettings(ACCOUNT, REGION),
    secrets={SECRET: SecretSettings("random", 7776000, 2592000, shape("canary_"))},
)


@dataclasses.dataclass
class Context:
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:prod-rotator"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclasses.dataclass
class Setup:
    world: World
    store: MemoryStore
    written: list[str]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written]


class Collector(logging.Handler):
    def __init__(self, written: list[str]) -> None:
        super().__init__()
        self.written = written

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, clean_logging: logging.Logger) -> Setup:
    world = World()
    store = MemoryStore(world)
    written: list[str] = []
    clean_logging.addHandler(Collector(written))
    function = handler.RotatorFunction(SETTINGS, store)
    monkeypatch.setattr(handler, "_function", lambda: function)
    return Setup(world, store, written)


def rotation_event(**changes: object) -> dict[str, object]:
    return {"Step": "createSecret", "SecretId": ARN, "ClientRequestToken": TOKEN} | changes


def test_the_four_steps_rotate_the_secret(setup: Setup) -> None:
    setup.store.begin(TOKEN)
    for step in STEPS:
        handler.handle(rotation_event(Step=step), Context())
    assert setup.store.bearer("current") == TOKEN
    assert str(setup.store.value(TOKEN)).startswith("canary_")
    assert [(line["event"], line["step"], line["secret"]) for line in setup.events()] == [
        (events.STEP_DONE, step, SECRET) for step in ("create", "apply", "verify", "finish")
    ]


def test_fields_that_aws_may_add_to_the_event_do_no_harm(setup: Setup) -> None:
    setup.store.begin(TOKEN)
    handler.handle(rotation_event(RotationToken="5f0c"), Context())
    assert setup.store.value(TOKEN)


REFUSALS: list[tuple[str, object, str]] = [
    ("no object", "createSecret", "the event is neither a rotation step nor a sweep"),
    ("nothing", {}, "Step is not one of createSecret, setSecret, testSecret, finishSecret"),
    ("a sweep with more in it", {"action": "sweep", "secret": "x"}, "Step is not one of"),
    ("another action", {"action": "destroy"}, "Step is not one of"),
    ("unknown step", rotation_event(Step="dropSecret"), "Step is not one of"),
    ("step of the core, not of AWS", rotation_event(Step="create"), "Step is not one of"),
    ("step that is no text", rotation_event(Step=["createSecret"]), "Step is not one of"),
    ("no secret", rotation_event(SecretId=None), "SecretId is not a secret this function was deployed for"),
    ("a bare name", rotation_event(SecretId=SECRET), "SecretId is not a secret"),
    ("another environment's secret", rotation_event(SecretId=ARN.replace("prod/", "dev/")), "SecretId is not a"),
    ("another account's secret", rotation_event(SecretId=ARN.replace(ACCOUNT, "000000000001")), "SecretId is not"),
    ("another region's secret", rotation_event(SecretId=ARN.replace(REGION, "eu-west-1")), "SecretId is not a"),
    ("another service's ARN", rotation_event(SecretId=ARN.replace("secretsmanager", "ssm")), "SecretId is not"),
    ("a partial ARN", rotation_event(SecretId=ARN.removesuffix("-a1B2c3")), "SecretId is not a secret"),
    ("a longer name", rotation_event(SecretId=ARN.replace("-a1B2c3", "-backup-a1B2c3")), "SecretId is not a"),
    ("a name with our name at its end", rotation_event(SecretId=ARN.replace(":prod/", ":x/prod/")), "SecretId is"),
    ("a wildcard", rotation_event(SecretId=ARN.replace("a1B2c3", "??????")), "SecretId is not a secret"),
    ("a second line", rotation_event(SecretId=ARN + "\n"), "SecretId is not a secret"),
    ("no token", rotation_event(ClientRequestToken=None), "ClientRequestToken is not 32 to 64 printable"),
    ("a short token", rotation_event(ClientRequestToken="a" * 31), "ClientRequestToken is not 32 to 64"),
    ("a long token", rotation_event(ClientRequestToken="a" * 65), "ClientRequestToken is not 32 to 64"),
    ("a token with spaces", rotation_event(ClientRequestToken="a b" * 12), "ClientRequestToken is not 32 to 64"),
]


@pytest.mark.parametrize(("event", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_an_event_it_was_not_deployed_for_is_refused_before_the_store_is_asked(
    event: object, reason: str, setup: Setup
) -> None:
    with pytest.raises(RotationFailedError, match=f" failed: .*{reason}"):
        handler.handle(event, Context())
    (line,) = setup.events()
    assert (line["event"], line["error"]) == (events.ROTATION_FAILED, "RefusedError")
    assert setup.world.calls == []


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:lambda:{REGION}:000000000001:function:prod-rotator",
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:prod-rotator",
        "",
    ],
)
@pytest.mark.parametrize("event", [rotation_event(), dict(events.SWEEP_EVENT)], ids=["step", "sweep"])
def test_a_function_in_another_account_or_region_than_its_settings_name_refuses_all(
    arn: str, event: object, setup: Setup
) -> None:
    with pytest.raises(RotationFailedError, match="runs in another account or region than it was deployed for"):
        handler.handle(event, Context(arn))
    assert setup.world.calls == []


def test_a_failure_is_logged_with_secret_step_and_type_and_leaves_without_its_own_text(setup: Setup) -> None:
    setup.store.begin(TOKEN)
    handler.handle(rotation_event(), Context())
    setup.world.calls.clear()

    def fail() -> None:
        raise ValueError(setup.store.value(TOKEN))

    setup.world.fault = Fault(2, meanwhile=fail)
    with pytest.raises(RotationFailedError, match="verify of prod/payments-api-key failed: ValueError") as failure:
        handler.handle(rotation_event(Step="testSecret"), Context())
    line = setup.events()[-1]
    assert (line["event"], line["secret"], line["step"]) == (events.ROTATION_FAILED, SECRET, "verify")
    assert line["version"] == TOKEN
    assert (line["error"], line["level"]) == ("ValueError", "ERROR")
    assert line["at"].startswith("functions/rotator/workflow.py:")
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    assert "canary_" not in str(failure.value) + "".join(setup.written)


def test_the_step_that_failed_succeeds_when_asked_again(setup: Setup) -> None:
    setup.store.begin(TOKEN)
    setup.world.fault = Fault(1)
    with pytest.raises(RotationFailedError):
        handler.handle(rotation_event(), Context())
    handler.handle(rotation_event(), Context())
    assert setup.store.value(TOKEN)


def test_a_manual_secret_asked_to_rotate_says_how_its_value_is_given(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {SECRET: SecretSettings("manual", 7776000, 0)}
    function = handler.RotatorFunction(dataclasses.replace(SETTINGS, secrets=entries), setup.store)
    monkeypatch.setattr(handler, "_function", lambda: function)
    setup.store.begin(TOKEN)
    with pytest.raises(RotationFailedError, match="a person brings this value: run `keystead secret put`"):
        handler.handle(rotation_event(), Context())


def test_the_sweep_is_served_and_counts_what_it_found(setup: Setup) -> None:
    answer = handler.handle(dict(events.SWEEP_EVENT), Context())
    assert answer == {"late": 0, "due": 0, "waiting": 1, "retired": 0}
    assert [line["event"] for line in setup.events()] == [events.FIRST_VALUE_WAITING, events.SWEEP_DONE]


def test_a_sweep_that_fails_fails_the_invocation(setup: Setup) -> None:
    setup.world.fault = Fault("state")
    with pytest.raises(RotationFailedError, match="sweep of all failed: the sweep could look at none of 1 secrets"):
        handler.handle(dict(events.SWEEP_EVENT), Context())
    assert [line["event"] for line in setup.events()] == [events.SWEEP_FAILED, events.ROTATION_FAILED]
    assert setup.events()[0]["error"] == Crash.__name__


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda root: None, "FileNotFoundError"),  # noqa: ARG005  # leaves it without settings
        (lambda root: (root / SETTINGS_FILE).write_text("{}"), "settings: RotatorSettings has fields"),
    ],
    ids=["missing", "damaged"],
)
def test_an_archive_without_sound_settings_serves_nothing(
    damage: Callable[[Path], object],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clean_logging: logging.Logger,
) -> None:
    written: list[str] = []
    clean_logging.addHandler(Collector(written))
    monkeypatch.setattr(handler, "_ROOT", tmp_path)
    damage(tmp_path)
    handler._function.cache_clear()
    with pytest.raises(RotationFailedError, match=reason):
        handler.handle(rotation_event(), Context())
    assert json.loads(written[-1])["event"] == events.ROTATION_FAILED


def test_an_archive_with_mirrored_secrets_mirrors_them_and_only_those(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {SECRET: dataclasses.replace(SETTINGS.secrets[SECRET], follower="prod-payments-api-key")}
    entries["prod/alone"] = SETTINGS.secrets[SECRET]
    follower = FollowerSettings("300000000003", "//iam.googleapis.com/x")
    settings = dataclasses.replace(SETTINGS, secrets=entries, follower=follower)
    (tmp_path / SETTINGS_FILE).write_bytes(dump(settings))
    monkeypatch.setattr(handler, "_ROOT", tmp_path)
    handler._function.cache_clear()
    store = handler._function()._rotation._store
    handler._function.cache_clear()
    assert isinstance(store, MirroredSecretStore)
    assert store._names == {SECRET: "prod-payments-api-key"}
    assert isinstance(store._leader, AwsSecretStore)


def test_settings_that_name_an_unknown_rotator_are_refused_at_the_start(setup: Setup) -> None:
    entries = {SECRET: SecretSettings("quantum", 7776000, 0)}
    with pytest.raises(SettingsError, match=r"unknown rotator 'quantum'; known here: external, manual, random$"):
        handler.RotatorFunction(dataclasses.replace(SETTINGS, secrets=entries), setup.store)
