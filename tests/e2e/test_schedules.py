"""Changed schedules on AWS: they rotate nothing, keep an hour in a zone, and name what holds them up."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.landscape import ELSEWHERE, Sandbox, edited
from tests.e2e.test_calendar import NO_NEW_VALUE, denying

SECRET = "monthly"


@pytest.fixture
def scheduled(aws_landscape: Sandbox) -> Iterator[Sandbox]:
    """The shop, whose schedule is as before again afterwards."""
    file = aws_landscape.project / "stacks" / "Pulumi.shop.yaml"
    kept = file.read_text()
    try:
        yield aws_landscape
    finally:
        file.write_text(kept)
        aws_landscape.must("pulumi", "up", "-s", "shop", "--yes", "--skip-preview")


def reschedule(sandbox: Sandbox, **rotation: str) -> dict[str, Any]:
    """Change a secret's schedule with `pulumi up`, and return what Secrets Manager holds then."""
    fixed = {"rotator": "random", "overlap": "5d"}
    edited(sandbox.project, "shop", lambda spec: spec["secrets"][SECRET].update(rotation={**fixed, **rotation}))
    sandbox.must("pulumi", "up", "-s", "shop", "--yes", "--skip-preview")
    described: dict[str, Any] = sandbox.client("shop", "secretsmanager").describe_secret(SecretId=f"shop/{SECRET}")
    return described


def read(sandbox: Sandbox) -> str:
    return sandbox.read("shop", sandbox.outputs("shop")["roles"]["shop-reader"], SECRET, ELSEWHERE)


def test_a_changed_schedule_and_the_first_one_again_rotate_nothing(scheduled: Sandbox) -> None:
    before = read(scheduled)
    assert reschedule(scheduled, every="15d")["RotationRules"]["AutomaticallyAfterDays"] == 15
    assert reschedule(scheduled, every="30d")["RotationRules"]["AutomaticallyAfterDays"] == 30
    rules = reschedule(scheduled, every="30d", at="03:00", zone="Europe/Berlin", window="4h")["RotationRules"]
    assert (rules["ScheduleExpression"].split()[1], rules["Duration"]) == ("2", "3h")
    assert read(scheduled) == before
    alarms = scheduled.client("shop", "cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert "shop-rotation-failed" not in {one["AlarmName"] for one in alarms}
    planned = scheduled.following("shop", SECRET)
    scheduled.advance_to(planned + dt.timedelta(hours=1))
    assert read(scheduled) != before
    last = dt.datetime.fromisoformat(scheduled.secret("shop", SECRET)["last_rotation"])
    assert 3 <= last.astimezone(ZoneInfo("Europe/Berlin")).hour < 7


def test_a_schedule_behind_an_unfinished_rotation_says_which_secret_and_what_ends_it(scheduled: Sandbox) -> None:
    before = read(scheduled)
    iam = scheduled.client("shop", "iam")
    iam.put_role_policy(**denying(NO_NEW_VALUE))
    try:
        scheduled.run("keystead", "rotate", SECRET, "--env", "shop", "--end-previous")
        with pytest.raises(AssertionError, match=r"(?s)keystead rotate monthly --env shop.*AWSPENDING"):
            reschedule(scheduled, every="20d")
    finally:
        iam.delete_role_policy(RoleName="shop-rotator", PolicyName="broken")
    scheduled.must("keystead", "rotate", SECRET, "--env", "shop", "--end-previous")
    assert reschedule(scheduled, every="20d")["RotationRules"]["AutomaticallyAfterDays"] == 20
    assert read(scheduled) != before
