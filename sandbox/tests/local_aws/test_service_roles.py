import io
import uuid
import zipfile
from typing import Any

import pytest
from tests.local_aws.conftest import ACCOUNT, LocalAccount, policy, refusal

WITH_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def trust(service: str, condition: dict[str, Any] | None = None) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return policy({**allowed, **({"Condition": condition} if condition else {})})


@pytest.fixture
def name() -> str:
    return f"r-{uuid.uuid4().hex[:12]}"


def function(account: LocalAccount, name: str, role: str) -> Any:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("main.py", "")
    return account.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="main.handle", Code={"ZipFile": archive.getvalue()}
    )


@pytest.mark.parametrize("wrong", [trust("scheduler.amazonaws.com"), trust("lambda.amazonaws.com", WITH_ACCOUNT)])
def test_lambda_takes_no_role_that_it_cannot_assume_and_names_no_account(
    account: LocalAccount, name: str, wrong: str
) -> None:
    role = account.role(name, trust=wrong)
    told = refusal(lambda: function(account, name, role))
    assert told == (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    account.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust("lambda.amazonaws.com"))
    assert function(account, name, role)["Role"] == role


def test_the_scheduler_names_the_account_it_assumes_a_role_for(account: LocalAccount, name: str) -> None:
    role = account.role(name, trust=trust("scheduler.amazonaws.com", WITH_ACCOUNT))
    target = {"Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", "RoleArn": role}
    made = account.client("scheduler").create_schedule(
        Name=name, ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    assert made["ScheduleArn"].endswith(name)
