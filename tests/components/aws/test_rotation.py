"""Rotation: one function for an environment, watched, least privileged, and callable for this account only."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest
from keystead.aws.schedule import explain

from tests.components.aws.provisioned import Provisioned, provision
from tests.components.mocked_engine import STASH


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision("prod")


def test_one_function_rotates_every_secret_that_has_a_rotator(prod: Provisioned) -> None:
    (function,) = prod.of("lambda/function:Function").values()
    assert function.inputs["name"] == "prod-rotator"
    schedules = prod.of("secretsmanager/secretRotation:SecretRotation")
    by_hand = {"card-processor-key", "email-provider-key"}
    assert set(schedules) == set(prod.of("secretsmanager/secret:Secret")) - by_hand


def test_the_specs_period_becomes_the_schedule(prod: Provisioned) -> None:
    schedules = prod.of("secretsmanager/secretRotation:SecretRotation")
    assert schedules["checkout-session-secret"].inputs["rotationRules"] == {"automaticallyAfterDays": 30}
    assert schedules["payments-api-key"].inputs["rotationRules"] == {"automaticallyAfterDays": 90}


def test_the_first_value_comes_from_the_first_rotation(prod: Provisioned) -> None:
    for schedule in prod.of("secretsmanager/secretRotation:SecretRotation").values():
        assert schedule.inputs.get("rotateImmediately") is not False


def test_only_secrets_manager_acting_for_this_account_may_call_the_rotator(prod: Provisioned) -> None:
    (permission,) = prod.of("lambda/permission:Permission").values()
    assert permission.inputs["principal"] == "secretsmanager.amazonaws.com"
    assert permission.inputs["sourceAccount"] == "333333333333"


def test_only_the_sweeps_own_group_of_schedules_may_take_its_role(prod: Provisioned) -> None:
    (trusted,) = prod.of("iam/role:Role")["sweep"].document("assumeRolePolicy")["Statement"]
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "333333333333"},
        "ArnEquals": {"aws:SourceArn": "arn:aws:mock:::ScheduleGroup/sweep"},
    }


def test_only_lambda_may_take_the_rotators_role_without_a_key_that_lambda_does_not_send(prod: Provisioned) -> None:
    (trusted,) = prod.of("iam/role:Role")["rotator"].document("assumeRolePolicy")["Statement"]
    assert trusted["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    assert "Condition" not in trusted


def test_the_log_is_encrypted_and_kept_as_long_as_the_tier_says(prod: Provisioned) -> None:
    (log,) = prod.of("cloudwatch/logGroup:LogGroup").values()
    assert log.inputs["retentionInDays"] == 365
    assert log.inputs["kmsKeyId"] == "arn:aws:mock:::Key/operations"


def test_failed_events_are_kept_encrypted(prod: Provisioned) -> None:
    (function,) = prod.of("lambda/function:Function").values()
    (queue,) = prod.of("sqs/queue:Queue").values()
    assert function.inputs["deadLetterConfig"] == {"targetArn": "arn:aws:mock:::Queue/dead-letters"}
    assert queue.inputs["kmsMasterKeyId"] == "arn:aws:mock:::Key/operations"


def test_alarms_on_failure_lateness_and_silence_reach_the_topic(prod: Provisioned) -> None:
    alarms = prod.of("cloudwatch/metricAlarm:MetricAlarm")
    assert set(alarms) == {"rotation-failed", "rotation-late", "manual-rotation-due", "rotation-unwatched"}
    assert all(one.inputs["alarmActions"] == ["arn:aws:mock:::Topic/alerts"] for one in alarms.values())
    assert alarms["rotation-unwatched"].inputs["treatMissingData"] == "breaching"
    assert alarms["rotation-failed"].inputs["dimensions"] == {"FunctionName": "prod-rotator"}


@pytest.mark.parametrize("name", ["rotation-failed", "rotation-late", "manual-rotation-due"])
def test_what_every_sweep_finds_anew_keeps_its_alarm_raised_between_sweeps(prod: Provisioned, name: str) -> None:
    (sweep,) = prod.of("scheduler/schedule:Schedule").values()
    assert sweep.inputs["scheduleExpression"] == "rate(1 hour)"
    alarm = prod.of("cloudwatch/metricAlarm:MetricAlarm")[name].inputs
    assert (alarm["period"], alarm["evaluationPeriods"], alarm["datapointsToAlarm"]) == (3600, 2, 1)
    assert alarm["treatMissingData"] == "notBreaching"


def test_the_function_runs_on_what_every_region_of_lambda_has(prod: Provisioned) -> None:
    (function,) = prod.of("lambda/function:Function").values()
    assert function.inputs["architectures"] == ["x86_64"]


def test_function_is_replaced_exactly_when_its_bytes_change(prod: Provisioned) -> None:
    (function,) = prod.of("lambda/function:Function").values()
    data = Path(function.inputs["code"].path).read_bytes()
    assert function.inputs["sourceCodeHash"] == base64.b64encode(hashlib.sha256(data).digest()).decode()


ROTATION = "secretsmanager/secretRotation:SecretRotation"
SCHEDULED: dict[str, Any] = {
    "tier": "standard",
    "owners": ["payments"],
    "aws": {"account": "333333333333", "region": "us-east-1"},
    "keys": {"data": {}},
}


def scheduled(rotation: dict[str, Any], stashed: dict[str, str] | None = None) -> Provisioned:
    secrets = {"db": {"purpose": "opens the database", "key": "data", "rotation": rotation}}
    return provision("shop", {**SCHEDULED, "secrets": secrets}, stashed)


def first_rules(made: Provisioned) -> dict[str, str]:
    return {one.name: one.inputs["input"] for one in made.resources if one.type == STASH}


def test_an_hour_in_a_zone_becomes_hours_of_utc_that_fit_with_and_without_daylight_saving() -> None:
    rotation = {"every": "30d", "at": "03:00", "zone": "Europe/Berlin", "window": "4h"}
    rules = scheduled(rotation).of(ROTATION)["db"].inputs["rotationRules"]
    assert re.fullmatch(r"cron\(0 2 (\d|1\d|2[0-8]) \* \? \*\)", rules["scheduleExpression"])
    assert rules == {"scheduleExpression": rules["scheduleExpression"], "duration": "3h"}


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("1d", r"\* \* \?"),
        ("7d", r"\? \* [1-7]"),
        ("30d", r"\d+ \* \?"),
        ("60d", r"\d+ \d+(,\d+){5} \?"),
        ("90d", r"\d+ \d+(,\d+){3} \?"),
        ("120d", r"\d+ \d+(,\d+){2} \?"),
        ("180d", r"\d+ \d+,\d+ \?"),
        ("365d", r"\d+ \d+ \?"),
    ],
)
def test_an_hour_is_kept_on_days_of_the_calendar(every: str, days: str) -> None:
    rules = scheduled({"every": every, "at": "03:00"}).of(ROTATION)["db"].inputs["rotationRules"]
    assert re.fullmatch(rf"cron\(0 3 {days} \*\)", rules["scheduleExpression"])
    assert rules["duration"] == "4h"


def test_the_secrets_of_an_environment_do_not_rotate_on_one_day() -> None:
    rotation = {"every": "30d", "at": "03:00"}
    secrets = {f"secret-{number}": {"purpose": "opens", "key": "data", "rotation": rotation} for number in range(20)}
    made = provision("shop", {**SCHEDULED, "secrets": secrets}).of(ROTATION)
    assert len({one.inputs["rotationRules"]["scheduleExpression"] for one in made.values()}) > 8


def test_a_changed_schedule_does_not_rotate() -> None:
    began = scheduled({"every": "30d"})
    changed = scheduled({"every": "36h"}, first_rules(began)).of(ROTATION)["db"]
    assert changed.inputs["rotateImmediately"] is False
    assert changed.inputs["rotationRules"] == {"scheduleExpression": "rate(36 hours)"}


def test_the_first_schedule_again_does_not_rotate_either() -> None:
    """What the state has is left: false since the change, so that going back sends false too."""
    began = scheduled({"every": "30d"})
    again = scheduled({"every": "30d"}, first_rules(began))
    assert again.of(ROTATION)["db"].inputs["rotateImmediately"] is True
    assert again.ignored["aws:secretsmanager/secretRotation:SecretRotation", "db"] == ["rotateImmediately"]


def failing(error: str) -> pulumi.ErrorHookArgs:
    inputs = {"secretId": "arn:aws:secretsmanager:us-east-1:333333333333:secret:shop/db-AbCdEf"}
    return pulumi.ErrorHookArgs("urn", "id", "db", "type", new_inputs=inputs, failed_operation="update", errors=[error])


def test_a_schedule_behind_an_unfinished_rotation_names_the_secret_the_label_and_the_commands_that_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", told.append)
    error = "InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted."
    assert explain("shop", failing(error)) is False
    (text,) = told
    for part in (
        "the schedule of db was not changed",
        "AWSPENDING",
        "keystead rotate db --env shop",
        "update-secret-version-stage --secret-id arn:aws:secretsmanager:us-east-1:333333333333:secret:shop/db-AbCdEf",
    ):
        assert part in text
    assert explain("shop", failing("AccessDeniedException")) is False
    assert len(told) == 1
