"""What time brings, and who is told: periods in hours, values due by hand, rotations that are late."""

import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError

from tests.e2e.landscape import ELSEWHERE, Sandbox

NO_NEW_VALUE = {
    "Effect": "Deny",
    "Action": "secretsmanager:PutSecretValue",
    "Resource": "arn:aws:secretsmanager:us-east-1:777777777777:secret:shop/monthly-??????",
}
NOT_LOOKED_AT = {
    "Effect": "Deny",
    "Action": "secretsmanager:DescribeSecret",
    "Resource": "arn:aws:secretsmanager:us-east-1:777777777777:secret:shop/hourly-??????",
}


NOT_LISTED = {"Effect": "Deny", "Action": "secretsmanager:ListSecrets", "Resource": "*"}
"""Without the list, the sweep looks at each secret by itself."""


def denying(*statements: dict[str, str]) -> dict[str, str]:
    """What puts statements among the rotator's rights."""
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return {"RoleName": "shop-rotator", "PolicyName": "broken", "PolicyDocument": document}


@pytest.fixture(scope="module")
def sandbox(aws_landscape: Sandbox) -> Sandbox:
    return aws_landscape


def read(sandbox: Sandbox, secret: str, stage: str = "AWSCURRENT") -> str:
    return sandbox.read("shop", sandbox.outputs("shop")["roles"]["shop-reader"], secret, ELSEWHERE, stage)


def raised(sandbox: Sandbox) -> set[str]:
    alarms = sandbox.client("shop", "cloudwatch").describe_alarms()["MetricAlarms"]
    return {one["AlarmName"] for one in alarms if one["StateValue"] == "ALARM"}


def test_a_period_in_hours_is_kept_to_the_hour(sandbox: Sandbox) -> None:
    described = sandbox.client("shop", "secretsmanager").describe_secret(SecretId="shop/hourly")
    assert described["RotationRules"] == {"ScheduleExpression": "rate(300 hours)"}
    sandbox.advance_to(sandbox.following("shop", "hourly") + dt.timedelta(hours=1))
    first, planned = read(sandbox, "hourly"), sandbox.following("shop", "hourly")
    assert dt.timedelta(hours=297) < planned - sandbox.now() < dt.timedelta(hours=301)
    sandbox.advance_to(planned - dt.timedelta(hours=1))
    monthly, planned_monthly = read(sandbox, "monthly"), sandbox.following("shop", "monthly")
    assert read(sandbox, "hourly") == first
    sandbox.sandbox("advance", "2h")
    assert read(sandbox, "hourly") != first
    assert read(sandbox, "hourly", "AWSPREVIOUS") == first
    assert (read(sandbox, "monthly") == monthly) is (sandbox.now() < planned_monthly)


def test_a_value_due_by_hand_is_reminded_of_and_the_one_before_it_ends_after_the_overlap(sandbox: Sandbox) -> None:
    put = ("keystead", "secret", "put", "by-hand", "--env", "shop")
    sandbox.must(*put, given="first")
    assert sandbox.secret("shop", "by-hand")["state"] == "current"
    assert "shop-manual-rotation-due" not in raised(sandbox)
    sandbox.sandbox("advance", "31d")
    assert raised(sandbox) == {"shop-manual-rotation-due"}
    reminded = sandbox.run("keystead", "status", "--env", "shop")
    assert reminded.code == 0, reminded.output
    assert "a new value is due since" in reminded.output
    assert "to do: keystead secret put by-hand --env shop" in reminded.output
    assert read(sandbox, "by-hand") == "first"

    sandbox.must(*put, given="second")
    assert (read(sandbox, "by-hand"), read(sandbox, "by-hand", "AWSPREVIOUS")) == ("second", "first")
    sandbox.sandbox("advance", "6d")
    assert read(sandbox, "by-hand") == "second"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        read(sandbox, "by-hand", "AWSPREVIOUS")
    assert raised(sandbox) == set()


def test_a_sweep_that_keeps_failing_is_seen_at_any_time_until_it_fails_no_more(sandbox: Sandbox) -> None:
    iam = sandbox.client("shop", "iam")
    assert "shop-rotation-failed" not in raised(sandbox)
    iam.put_role_policy(**denying(NOT_LISTED, NOT_LOOKED_AT))
    sandbox.sandbox("advance", "1h")
    for _ in range(3):
        assert "shop-rotation-failed" in raised(sandbox)
        sandbox.sandbox("advance", "20m")
    shown = sandbox.run("keystead", "status", "--env", "shop")
    assert (shown.code, "alarm raised: shop-rotation-failed" in shown.output) == (1, True)

    iam.delete_role_policy(RoleName="shop-rotator", PolicyName="broken")
    sandbox.sandbox("advance", "3h")
    assert "shop-rotation-failed" not in raised(sandbox)
    assert sandbox.run("keystead", "status", "--env", "shop").code == 0


def test_a_rotation_that_keeps_failing_is_reported_late_and_the_value_stays_valid(sandbox: Sandbox) -> None:
    iam = sandbox.client("shop", "iam")
    before = read(sandbox, "monthly")
    assert sandbox.run("keystead", "status", "--env", "shop").code == 0
    iam.put_role_policy(**denying(NO_NEW_VALUE))
    sandbox.sandbox("advance", "33d")
    assert "shop-rotation-late" in raised(sandbox)
    shown = sandbox.run("keystead", "status", "--env", "shop")
    assert shown.code == 1
    assert "shop-rotation-late" in shown.output
    assert sandbox.secret("shop", "monthly")["state"] in {"late", "failed"}
    assert read(sandbox, "monthly") == before

    iam.delete_role_policy(RoleName="shop-rotator", PolicyName="broken")
    with pytest.raises(ClientError, match="will be reattempted"):
        sandbox.client("shop", "secretsmanager").rotate_secret(SecretId="shop/monthly")
    sandbox.sandbox("advance", "3d")
    assert read(sandbox, "monthly") != before
    assert read(sandbox, "monthly", "AWSPREVIOUS") == before
    assert "shop-rotation-late" not in raised(sandbox)
