"""What time brings, and who is told: periods in hours, values due by hand, rotations that are late."""

import json
from collections.abc import Iterator

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.e2e.landscape import ELSEWHERE, Sandbox, copied_project

SPEC = {
    "tier": "low",
    "owners": ["shop"],
    "aws": {"account": "777777777777", "region": "us-east-1"},
    "keys": {"data": {"use": "encrypt", "purpose": "secrets of the shop"}},
    "secrets": {
        "hourly": {
            "purpose": "opens the door",
            "key": "data",
            "readers": {"shop": {}},
            "rotation": {"rotator": "random", "every": "300h", "overlap": "30h"},
        },
        "monthly": {
            "purpose": "opens the till",
            "key": "data",
            "readers": {"shop": {}},
            "rotation": {"rotator": "random", "every": "30d", "overlap": "5d"},
        },
        "by-hand": {
            "purpose": "opens the bank",
            "key": "data",
            "readers": {"shop": {}},
            "rotation": {"rotator": "manual", "every": "30d", "overlap": "5d"},
        },
    },
}
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


def denying(statement: dict[str, str]) -> dict[str, str]:
    """What puts a statement among the rotator's rights."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {"RoleName": "shop-rotator", "PolicyName": "broken", "PolicyDocument": document}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = copied_project(tmp_path_factory.mktemp("calendar"))
    for file in (project / "stacks").glob("Pulumi.*.yaml"):
        file.unlink()
    (project / "stacks" / "base.yaml").write_text("{}\n")
    stack = {"config": {"pulumi:disable-default-providers": ["*"], "keystead:environment": SPEC}}
    (project / "stacks" / "Pulumi.shop.yaml").write_text(yaml.safe_dump(stack))
    made = Sandbox(project / ".sandbox", project)
    try:
        made.up()
        yield made
    finally:
        made.down()


def read(sandbox: Sandbox, secret: str, stage: str = "AWSCURRENT") -> str:
    return sandbox.read("shop", sandbox.outputs("shop")["roles"]["shop-reader"], secret, ELSEWHERE, stage)


def state_of(sandbox: Sandbox, secret: str) -> str:
    return str({one["name"]: one["state"] for one in sandbox.status("shop")["secrets"]}[secret])


def raised(sandbox: Sandbox) -> set[str]:
    alarms = sandbox.client("shop", "cloudwatch").describe_alarms()["MetricAlarms"]
    return {one["AlarmName"] for one in alarms if one["StateValue"] == "ALARM"}


def test_a_period_in_hours_is_kept_to_the_hour(sandbox: Sandbox) -> None:
    first, monthly = read(sandbox, "hourly"), read(sandbox, "monthly")
    described = sandbox.client("shop", "secretsmanager").describe_secret(SecretId="shop/hourly")
    assert described["RotationRules"] == {"ScheduleExpression": "rate(300 hours)"}
    sandbox.sandbox("advance", "299h")
    assert read(sandbox, "hourly") == first
    sandbox.sandbox("advance", "2h")
    assert read(sandbox, "hourly") != first
    assert read(sandbox, "hourly", "AWSPREVIOUS") == first
    assert read(sandbox, "monthly") == monthly


def test_a_value_due_by_hand_is_reminded_of_and_the_one_before_it_ends_after_the_overlap(sandbox: Sandbox) -> None:
    put = ("keystead", "secret", "put", "by-hand", "--env", "shop")
    sandbox.must(*put, given="first")
    assert state_of(sandbox, "by-hand") == "current"
    assert "shop-manual-rotation-due" not in raised(sandbox)
    sandbox.sandbox("advance", "31d")
    assert raised(sandbox) == {"shop-manual-rotation-due"}
    reminded = sandbox.run("keystead", "status")
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
    iam.put_role_policy(**denying(NOT_LOOKED_AT))
    sandbox.sandbox("advance", "1h")
    for _ in range(3):
        assert "shop-rotation-failed" in raised(sandbox)
        sandbox.sandbox("advance", "20m")
    told = sandbox.run("keystead", "status")
    assert (told.code, "alarm raised: shop-rotation-failed" in told.output) == (1, True)

    iam.delete_role_policy(RoleName="shop-rotator", PolicyName="broken")
    sandbox.sandbox("advance", "3h")
    assert raised(sandbox) == set()
    assert sandbox.run("keystead", "status").code == 0


def test_a_rotation_that_keeps_failing_is_reported_late_and_the_value_stays_valid(sandbox: Sandbox) -> None:
    iam = sandbox.client("shop", "iam")
    before = read(sandbox, "monthly")
    assert sandbox.run("keystead", "status").code == 0
    iam.put_role_policy(**denying(NO_NEW_VALUE))
    sandbox.sandbox("advance", "33d")
    assert "shop-rotation-late" in raised(sandbox)
    told = sandbox.run("keystead", "status")
    assert told.code == 1
    assert "shop-rotation-late" in told.output
    assert state_of(sandbox, "monthly") in {"late", "failed"}
    assert read(sandbox, "monthly") == before

    iam.delete_role_policy(RoleName="shop-rotator", PolicyName="broken")
    with pytest.raises(ClientError, match="will be reattempted"):
        sandbox.client("shop", "secretsmanager").rotate_secret(SecretId="shop/monthly")
    sandbox.sandbox("advance", "3d")
    assert read(sandbox, "monthly") != before
    assert read(sandbox, "monthly", "AWSPREVIOUS") == before
    assert "shop-rotation-late" not in raised(sandbox)
