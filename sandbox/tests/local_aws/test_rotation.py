import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from keystead_sandbox.local_aws.secrets_manager.rotation import NOT_INVOKABLE
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, deny, policy, refusal
from tests.local_aws.patched import shows
from tests.local_process import until

DAY = 86_400
RULES = {"AutomaticallyAfterDays": 30}


@pytest.fixture(scope="module")
def rotator(account: LocalAccount) -> str:
    return account.rotator("rotator")


def described(account: LocalAccount, name: str) -> dict[str, Any]:
    found: dict[str, Any] = account.client("secretsmanager").describe_secret(SecretId=name)
    return found


def rotated(account: LocalAccount, name: str, rotator: str, **more: Any) -> dict[str, Any]:
    """A new secret after its first rotation."""
    store = account.client("secretsmanager")
    store.create_secret(Name=name, **more)
    store.rotate_secret(SecretId=name, RotationLambdaARN=rotator, RotationRules=RULES)
    until(lambda: described(account, name).get("LastRotatedDate"))
    return described(account, name)


def steps(account: LocalAccount, arn: str) -> list[str]:
    return [line["Step"] for line in account.logged("rotator") if line.get("SecretId") == arn]


def test_a_rotation_calls_the_function_four_times_in_order_with_one_token(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    arn = store.create_secret(Name="four-steps")["ARN"]
    token = str(uuid.uuid4())
    answer = store.rotate_secret(
        SecretId="four-steps", RotationLambdaARN=rotator, RotationRules=RULES, ClientRequestToken=token
    )
    assert answer["VersionId"] == token
    until(lambda: described(account, "four-steps").get("LastRotatedDate"))
    calls = [line for line in account.logged("rotator") if line.get("SecretId") == arn]
    assert [call["Step"] for call in calls] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert {call["ClientRequestToken"] for call in calls} == {token}
    assert store.get_secret_value(SecretId=arn)["SecretString"] == f"value-{token}"


def test_the_pending_version_has_no_value_until_the_function_writes_one(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    store.create_secret(Name="pending", Description="createSecret", SecretString="old")
    token = store.rotate_secret(SecretId="pending", RotationLambdaARN=rotator, RotationRules=RULES)["VersionId"]
    assert described(account, "pending")["VersionIdsToStages"][token] == ["AWSPENDING"]
    code, message = refusal(lambda: store.get_secret_value(SecretId="pending", VersionStage="AWSPENDING"))
    assert code == "ResourceNotFoundException"
    assert message == "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    assert store.get_secret_value(SecretId="pending")["SecretString"] == "old"
    assert "pending" in account.ask("status")[0]["pending_rotations"]
    store.delete_secret(SecretId="pending", ForceDeleteWithoutRecovery=True)


def test_a_failed_step_stops_the_rotation_and_the_whole_rotation_is_tried_again(
    account: LocalAccount, rotator: str
) -> None:
    store = account.client("secretsmanager")
    arn = store.create_secret(Name="retried", Description="testSecret", SecretString="old")["ARN"]
    store.rotate_secret(SecretId="retried", RotationLambdaARN=rotator, RotationRules=RULES)
    until(lambda: "testSecret" in steps(account, arn))
    assert steps(account, arn)[:3] == ["createSecret", "setSecret", "testSecret"]
    assert store.get_secret_value(SecretId=arn)["SecretString"] == "old"
    code, message = refusal(lambda: store.rotate_secret(SecretId=arn))
    assert (code, message) == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    store.update_secret(SecretId=arn, Description="")
    until(lambda: described(account, "retried").get("LastRotatedDate"))
    called = steps(account, arn)
    assert called[-4:] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert called.count("createSecret") >= 2
    assert called.count("finishSecret") == 1


def test_a_cancelled_rotation_stops_and_leaves_its_labels(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    store.create_secret(Name="cancelled", Description="setSecret")
    token = store.rotate_secret(SecretId="cancelled", RotationLambdaARN=rotator, RotationRules=RULES)["VersionId"]
    assert store.cancel_rotate_secret(SecretId="cancelled")["VersionId"] == token
    found = described(account, "cancelled")
    assert found["RotationEnabled"] is False
    assert "NextRotationDate" not in found
    assert "AWSPENDING" in found["VersionIdsToStages"][token]
    account.advance(DAY)
    assert "LastRotatedDate" not in described(account, "cancelled")


def test_cancelling_what_never_rotated_is_refused(account: LocalAccount) -> None:
    store = account.client("secretsmanager")
    store.create_secret(Name="never-rotated")
    assert refusal(lambda: store.cancel_rotate_secret(SecretId="never-rotated"))[0] == "InvalidRequestException"


def test_the_next_rotation_comes_by_the_clock_and_keeps_the_old_value_as_previous(
    account: LocalAccount, rotator: str
) -> None:
    first = rotated(account, "by-the-clock", rotator)
    store = account.client("secretsmanager")
    old = store.get_secret_value(SecretId="by-the-clock")["SecretString"]
    due = first["LastRotatedDate"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(30)
    assert first["NextRotationDate"].astimezone(UTC) == due + timedelta(days=1, seconds=-1)
    events = account.advance(31 * DAY)
    happened = [event for event in events if event["name"] == "by-the-clock"]
    assert [event["result"] for event in happened] == ["rotated"]
    assert datetime.fromisoformat(happened[0]["at"]) - due < timedelta(seconds=2)
    assert store.get_secret_value(SecretId="by-the-clock")["SecretString"] != old
    previous = store.get_secret_value(SecretId="by-the-clock", VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == old


def test_a_value_put_by_hand_counts_as_a_rotation(account: LocalAccount, rotator: str) -> None:
    rotated(account, "by-hand", rotator)
    account.advance(20 * DAY)
    account.client("secretsmanager").put_secret_value(SecretId="by-hand", SecretString="by hand")
    events = account.advance(15 * DAY)
    assert not [event for event in events if event["name"] == "by-hand"]


def test_without_immediate_rotation_only_the_test_step_runs(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    arn = store.create_secret(Name="later", SecretString="kept")["ARN"]
    store.rotate_secret(SecretId=arn, RotationLambdaARN=rotator, RotationRules=RULES, RotateImmediately=False)
    until(lambda: steps(account, arn))
    until(lambda: len(described(account, "later")["VersionIdsToStages"]) == 1)
    assert steps(account, arn) == ["testSecret"]
    assert store.get_secret_value(SecretId=arn)["SecretString"] == "kept"
    assert described(account, "later")["RotationEnabled"] is True


def test_a_cron_expression_opens_the_window_on_its_day_and_hour(account: LocalAccount, rotator: str) -> None:
    store, rules = account.client("secretsmanager"), {"ScheduleExpression": "cron(0 2 6 * ? *)", "Duration": "3h"}
    store.create_secret(Name="on-the-sixth")
    store.rotate_secret(SecretId="on-the-sixth", RotationLambdaARN=rotator, RotationRules=rules)
    until(lambda: described(account, "on-the-sixth").get("LastRotatedDate"))
    end = described(account, "on-the-sixth")["NextRotationDate"].astimezone(UTC)
    assert (end.day, end.hour, end.minute) == (6, 5, 0)
    events = [event for event in account.advance(40 * DAY) if event["name"] == "on-the-sixth"]
    moments = [datetime.fromisoformat(event["at"]) for event in events]
    assert [(moment.day, moment.hour, moment.minute) for moment in moments[:1]] == [(6, 2, 0)]


def test_a_changed_schedule_counts_from_the_previous_rotation_and_does_not_rotate_at_once(
    account: LocalAccount, rotator: str
) -> None:
    rotated(account, "rescheduled", rotator)
    store = account.client("secretsmanager")
    account.advance(10 * DAY)
    before = store.get_secret_value(SecretId="rescheduled")["SecretString"]
    due = described(account, "rescheduled")["NextRotationDate"]
    change = {"SecretId": "rescheduled", "RotateImmediately": False}
    store.rotate_secret(**change, RotationRules={"AutomaticallyAfterDays": 60})
    until(lambda: len(described(account, "rescheduled")["VersionIdsToStages"]) == 1)
    assert described(account, "rescheduled")["NextRotationDate"] == due + timedelta(days=30)
    store.rotate_secret(**change, RotationRules={"AutomaticallyAfterDays": 5})
    until(lambda: len(described(account, "rescheduled")["VersionIdsToStages"]) == 1)
    assert store.get_secret_value(SecretId="rescheduled")["SecretString"] == before
    happened = [event["result"] for event in account.advance(2 * DAY) if event["name"] == "rescheduled"]
    assert happened == ["rotated"]


def test_a_function_that_does_not_admit_secrets_manager_is_refused(account: LocalAccount) -> None:
    closed = account.function("closed", "def handle(event, context): pass")
    store = account.client("secretsmanager")
    store.create_secret(Name="not-admitted")
    rotate = {"SecretId": "not-admitted", "RotationLambdaARN": closed, "RotationRules": RULES}
    assert refusal(lambda: store.rotate_secret(**rotate)) == (
        "AccessDeniedException",
        NOT_INVOKABLE,
    )
    account.client("lambda").add_permission(
        FunctionName="closed",
        StatementId="other-account",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount="999999999999",
    )
    assert refusal(lambda: store.rotate_secret(**rotate))[0] == "AccessDeniedException"
    assert "RotationLambdaARN" not in described(account, "not-admitted")


def test_rotating_needs_permission_to_call_the_function_from_the_callers_or_the_functions_policy(
    account: LocalAccount, rotator: str
) -> None:
    store = account.client("secretsmanager")
    store.create_secret(Name="no-invoke")
    role = account.role("only-rotates", allow("secretsmanager:*"))
    caller = account.client("secretsmanager", account.session(role))
    rotate = {"SecretId": "no-invoke", "RotationLambdaARN": rotator, "RotationRules": RULES}
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/only-rotates/test"
    asked = f"User: {session} is not authorized to perform: lambda:InvokeFunction on resource: {rotator}"
    missing = f"{asked} because no identity-based policy allows the lambda:InvokeFunction action"
    assert refusal(lambda: caller.rotate_secret(**rotate)) == ("AccessDeniedException", missing)
    assert "RotationLambdaARN" not in described(account, "no-invoke")
    functions = account.client("lambda")
    functions.add_permission(
        FunctionName="rotator", StatementId="caller", Action="lambda:InvokeFunction", Principal=role
    )
    caller.rotate_secret(**rotate)
    until(lambda: described(account, "no-invoke").get("LastRotatedDate"))
    denied = policy(allow("secretsmanager:*"), deny("lambda:InvokeFunction"))
    account.client("iam").put_role_policy(RoleName="only-rotates", PolicyName="p", PolicyDocument=denied)
    refused = ("AccessDeniedException", f"{asked} with an explicit deny")
    assert refusal(lambda: caller.rotate_secret(SecretId="no-invoke")) == refused


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        ({}, "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret."),
        (
            {"RotationLambdaARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:none", "RotationRules": RULES},
            "ResourceNotFoundException",
            "Lambda does not exist or could not be accessed",
        ),
        (
            {"RotationRules": {"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"}},
            "InvalidParameterException",
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression.",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "rate(2 hours)"}},
            "InvalidParameterException",
            "A secret can be rotated every 4 hours to 999 days.",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "rate(1000 days)"}},
            "InvalidParameterException",
            "A secret can be rotated every 4 hours to 999 days.",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "cron(30 3 1 * ? *)"}},
            "InvalidParameterException",
            "Invalid ScheduleExpression cron(30 3 1 * ? *).",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "cron(0 3 1 * ? 2027)"}},
            "InvalidParameterException",
            "Invalid ScheduleExpression cron(0 3 1 * ? 2027).",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "cron(0 22 1 * ? *)", "Duration": "4h"}},
            "InvalidParameterException",
            "The rotation window must not extend into the next UTC day.",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "rate(6 hours)", "Duration": "7h"}},
            "InvalidParameterException",
            "The rotation window must not extend into the next rotation window.",
        ),
        (
            {"RotationRules": {"AutomaticallyAfterDays": 3, "Duration": "0h"}},
            "InvalidParameterException",
            "Invalid Duration 0h.",
        ),
        (
            {"RotationRules": {"ScheduleExpression": "every(3 days)"}},
            "InvalidParameterException",
            "Invalid ScheduleExpression every(3 days).",
        ),
    ],
    ids=[
        "no function",
        "unknown function",
        "two schedules",
        "too often",
        "too seldom",
        "not on the hour",
        "a year",
        "beyond midnight",
        "beyond the next window",
        "no window",
        "not a schedule",
    ],
)
def test_what_rotate_secret_refuses(account: LocalAccount, request_: dict[str, Any], code: str, text: str) -> None:
    store = account.client("secretsmanager")
    name = f"refused-{uuid.uuid4()}"
    store.create_secret(Name=name)
    assert refusal(lambda: store.rotate_secret(SecretId=name, **request_)) == (code, text)


def test_a_secret_deleted_in_the_middle_of_a_rotation_is_left_alone(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    arn = store.create_secret(Name="deleted", Description="setSecret")["ARN"]
    store.rotate_secret(SecretId=arn, RotationLambdaARN=rotator, RotationRules=RULES)
    store.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    store.create_secret(Name="deleted", SecretString="another secret with the name")
    account.advance(DAY)
    assert store.get_secret_value(SecretId="deleted")["SecretString"] == "another secret with the name"


def test_the_same_token_again_does_not_rotate_twice(account: LocalAccount, rotator: str) -> None:
    store = account.client("secretsmanager")
    token = str(uuid.uuid4())
    arn = store.create_secret(Name="once")["ARN"]
    first = {"SecretId": arn, "RotationLambdaARN": rotator, "RotationRules": RULES, "ClientRequestToken": token}
    store.rotate_secret(**first)
    until(lambda: described(account, "once").get("LastRotatedDate"))
    count = len(steps(account, arn))
    store.update_secret_version_stage(SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=token)
    assert store.rotate_secret(**first)["VersionId"] == token
    account.advance(60)
    assert len(steps(account, arn)) == count


@shows("core.lambda_runtime.subprocess")
def test_a_function_sees_the_clock_its_role_and_nothing_of_the_machine(account: LocalAccount) -> None:
    source = """
import boto3, os, time
def handle(event, context):
    offset = int(open(os.environ["KEYSTEAD_CLOCK"]).read())
    return {"offset": offset, "names": sorted(os.environ), "who": boto3.client("sts").get_caller_identity()["Arn"],
            "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "given": os.environ.get("GIVEN")}
"""
    account.function("looks-around", source, Environment={"Variables": {"GIVEN": "by the function's configuration"}})
    account.advance(1000)
    answer = account.client("lambda").invoke(FunctionName="looks-around", Payload=b"{}")
    seen = json.loads(answer["Payload"].read())
    assert seen["offset"] == account.ask("status")[0]["offset"]
    assert seen["name"] == "looks-around"
    assert seen["given"] == "by the function's configuration"
    assert ":assumed-role/looks-around-runs/" in seen["who"]
    assert not {"KEYSTEAD_TOKEN", "KEYSTEAD_DEPLOYER_SECRET", "KEYSTEAD_MACHINE_SECRET", "HTTPS_PROXY"} & set(
        seen["names"]
    )


@shows("core.lambda_runtime.execution_credentials")
def test_the_keys_of_a_function_cannot_be_worked_out_from_its_name(account: LocalAccount) -> None:
    arn = account.function("guessable", "def handle(event, context): pass")
    account.client("lambda").invoke(FunctionName="guessable", Payload=b"{}")
    role = f"arn:aws:iam::{ACCOUNT}:role/guessable-runs"
    digest = hashlib.sha256(f"{arn}:{role}".encode()).hexdigest()
    secret, token = (hashlib.sha256(f"{part}:{digest}".encode()).hexdigest() for part in ("secret", "token"))
    guessed = account.client("sts", (f"ASIA{digest[:16].upper()}", secret, token))
    assert refusal(guessed.get_caller_identity)[0] == "InvalidClientTokenId"
