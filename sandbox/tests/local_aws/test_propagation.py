import time
from collections.abc import Iterator

import pytest
from tests.local_aws.conftest import LocalAccount, allow, policy, refusal, start, trusting
from tests.local_aws.patched import shows

LATE = 30
TARGET = "arn:aws:lambda:us-east-1:111111111111:function:rotator"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    running = start(tmp_path_factory.mktemp("strict"), "--strict")
    yield running
    running.stop()


def later(account: LocalAccount) -> None:
    """Let the changes made so far take effect."""
    account.advance(LATE)


@shows("core.iam_evaluator._gather_role_policies")
def test_a_roles_new_policy_allows_nothing_at_first_and_a_deleted_one_for_a_while(account: LocalAccount) -> None:
    iam = account.client("iam")
    role = account.role("late", allow("kms:ListKeys"))
    later(account)
    kms = account.client("kms", account.session(role))
    kms.list_keys()
    iam.put_role_policy(RoleName="late", PolicyName="more", PolicyDocument=policy(allow("kms:ListAliases")))
    assert iam.get_role_policy(RoleName="late", PolicyName="more")["PolicyName"] == "more"
    assert refusal(kms.list_aliases)[0] == "AccessDeniedException"
    later(account)
    kms.list_aliases()
    iam.delete_role_policy(RoleName="late", PolicyName="p")
    kms.list_keys()
    later(account)
    assert refusal(kms.list_keys)[0] == "AccessDeniedException"


def test_services_see_a_new_role_late(account: LocalAccount) -> None:
    role = account.role("schedules", trust=trusting("scheduler.amazonaws.com"))
    schedule = {
        "Name": f"s-{time.monotonic_ns()}",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": TARGET, "RoleArn": role},
    }
    scheduler = account.client("scheduler")
    assert refusal(lambda: scheduler.create_schedule(**schedule))[0] == "ValidationException"
    later(account)
    scheduler.create_schedule(**schedule)
