import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from keystead_sandbox.local_aws.identity.mfa import code
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, deny, policy, refusal
from tests.local_aws.patched import shows

READ = "secretsmanager:GetSecretValue"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def name() -> str:
    return f"s-{uuid.uuid4().hex[:12]}"


def reader(account: LocalAccount, name: str, *statements: dict[str, Any]) -> Any:
    return account.client("secretsmanager", account.session(account.role(name, *statements)))


def made(account: LocalAccount, name: str, *statements: dict[str, Any], **more: Any) -> str:
    store = account.client("secretsmanager")
    arn: str = store.create_secret(Name=name, SecretString="value", **more)["ARN"]
    if statements:
        store.put_resource_policy(SecretId=arn, ResourcePolicy=policy(*statements))
    return arn


def reads(client: Any, arn: str, **more: Any) -> bool:
    try:
        return bool(client.get_secret_value(SecretId=arn, **more)["SecretString"] == "value")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False


@shows("core.iam_evaluator._resolve_condition_key")
@pytest.mark.parametrize(
    ("condition", "opens"),
    [
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, True),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, False),
        ({"Bool": {"aws:ViaAWSService": "false"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/NAME"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/*"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "payments"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "orders"}}, False),
        ({"StringEquals": {"aws:ResourceTag/env": "dev"}}, True),
        ({"StringEquals": {"secretsmanager:ResourceTag/env": "dev"}}, True),
        ({"StringEquals": {"secretsmanager:ResourceTag/env": "prod"}}, False),
        ({"StringEquals": {"secretsmanager:SecretPrimaryRegion": "us-east-1"}}, True),
        ({"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": ["AWSCURRENT"]}}, True),
        ({"StringEquals": {"secretsmanager:VersionStage": "AWSPREVIOUS"}}, False),
        ({"Null": {"secretsmanager:VersionId": "true"}}, True),
        ({"Null": {"secretsmanager:resource/AllowRotationLambdaArn": "false"}}, False),
        ({"StringMatches": {"aws:PrincipalAccount": ACCOUNT}}, False),
        ({"StringEquals": "not a block"}, False),
    ],
    ids=lambda value: str(value) if isinstance(value, bool) else json.dumps(value)[:60],
)
def test_an_allow_holds_only_under_its_condition(
    account: LocalAccount, name: str, condition: dict[str, Any], opens: bool
) -> None:
    arn = made(account, name, Tags=[{"Key": "env", "Value": "dev"}])
    condition = json.loads(json.dumps(condition).replace("NAME", name))
    role = account.role(name, allow(READ, Condition=condition))
    account.client("iam").tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "payments"}])
    assert reads(account.client("secretsmanager", account.session(role)), arn) is opens


@shows("core.iam_evaluator._first_match")
def test_a_deny_whose_operator_nobody_knows_denies(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    statement = deny(READ, Condition={"StringMatches": {"aws:PrincipalAccount": "999999999999"}})
    assert not reads(reader(account, name, allow(READ), statement), arn)


def test_a_version_asked_for_by_id_has_no_label(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    version = next(iter(account.client("secretsmanager").describe_secret(SecretId=arn)["VersionIdsToStages"]))
    labelled = {"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": ["AWSCURRENT", "AWSPREVIOUS"]}}
    client = reader(account, name, allow(READ, Condition=labelled))
    assert reads(client, arn)
    assert reads(client, arn, VersionStage="AWSCURRENT")
    assert not reads(client, arn, VersionId=version)
    assert not reads(client, arn, VersionStage="AWSPENDING")


@shows("services.secretsmanager.secret_policy_for_arn")
def test_a_deny_for_everybody_in_a_resource_policy_hits_roles_too(account: LocalAccount, name: str) -> None:
    arn = made(account, name, deny(READ, Principal="*"))
    assert not reads(reader(account, name, allow(READ)), arn)


@shows("core.iam_evaluator.evaluate_resource_policy")
def test_a_deny_with_not_principal_hits_all_but_the_named_role(account: LocalAccount, name: str) -> None:
    spared, other = account.role(f"{name}-spared", allow(READ)), account.role(f"{name}-other", allow(READ))
    arn = made(account, name, deny(READ, NotPrincipal={"AWS": [spared, ROOT]}))
    assert reads(account.client("secretsmanager", account.session(spared)), arn)
    assert reads(account.client("secretsmanager", account.session(other)), arn), "the account's root was named too"
    arn = made(account, f"{name}-2", deny(READ, NotPrincipal={"AWS": spared}))
    assert reads(account.client("secretsmanager", account.session(spared)), arn)
    assert not reads(account.client("secretsmanager", account.session(other)), arn)


def test_time_in_conditions_is_the_clocks(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    now = datetime.now(UTC).timestamp() + account.ask("status")[0]["offset"]
    ends = datetime.fromtimestamp(now + 1800, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    role = account.role(name, allow(READ, Condition={"DateLessThan": {"aws:CurrentTime": ends}}))
    assert reads(account.client("secretsmanager", account.session(role)), arn)
    account.advance(3600)
    assert not reads(account.client("secretsmanager", account.session(role)), arn)


@shows("core.iam_evaluator.time")
def test_a_session_ends_by_the_clock(account: LocalAccount, name: str) -> None:
    client = reader(account, name, allow(READ))
    account.advance(3601)
    assert refusal(lambda: client.get_secret_value(SecretId=name))[0] == "ExpiredTokenException"


def test_what_is_asked_of_deletion_and_policies_is_in_the_conditions(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    client = reader(
        account,
        name,
        allow(
            "secretsmanager:DeleteSecret",
            Condition={"NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "14"}},
        ),
        allow("secretsmanager:PutResourcePolicy", Condition={"Bool": {"secretsmanager:BlockPublicPolicy": "true"}}),
    )
    harmless = policy(deny(READ, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    assert (
        refusal(lambda: client.put_resource_policy(SecretId=arn, ResourcePolicy=harmless))[0] == "AccessDeniedException"
    )
    client.put_resource_policy(SecretId=arn, ResourcePolicy=harmless, BlockPublicPolicy=True)
    assert refusal(lambda: client.delete_secret(SecretId=arn, RecoveryWindowInDays=7))[0] == "AccessDeniedException"
    client.delete_secret(SecretId=arn, RecoveryWindowInDays=14)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (allow(READ, Principal="*"), "PublicPolicyException"),
        (allow(READ, Principal={"AWS": "*"}), "PublicPolicyException"),
        (
            allow(READ, Principal="*", Condition={"StringNotEquals": {"aws:PrincipalAccount": "1"}}),
            "PublicPolicyException",
        ),
        (allow(READ, Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), "PublicPolicyException"),
        (allow(READ, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"}), "MalformedPolicyDocumentException"),
        (allow(READ, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}), "MalformedPolicyDocumentException"),
        (allow(READ), "MalformedPolicyDocumentException"),
    ],
    ids=["everybody", "everybody by account", "everybody but one", "every address", "gone", "wildcard", "nobody"],
)
def test_a_secret_does_not_take_a_public_or_broken_policy(
    account: LocalAccount, name: str, statement: dict[str, Any], code: str
) -> None:
    arn = made(account, name)
    store = account.client("secretsmanager")
    put = {"SecretId": arn, "ResourcePolicy": policy(statement), "BlockPublicPolicy": True}
    assert refusal(lambda: store.put_resource_policy(**put))[0] == code
    assert "ResourcePolicy" not in store.get_resource_policy(SecretId=arn)


def test_an_allow_pinned_to_the_account_is_not_public(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    pinned = allow(READ, Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})
    account.client("secretsmanager").put_resource_policy(
        SecretId=arn, ResourcePolicy=policy(pinned), BlockPublicPolicy=True
    )
    assert reads(reader(account, name), arn)


def test_a_role_that_demands_mfa_is_assumed_with_the_right_code_only(account: LocalAccount, name: str) -> None:
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    seed, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
    iam.enable_mfa_device(
        UserName=name, SerialNumber=serial, AuthenticationCode1="000000", AuthenticationCode2="000000"
    )
    user = account.client("sts", (key["AccessKeyId"], key["SecretAccessKey"], None))
    with_mfa = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    with_mfa["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = account.role(name, allow(READ), trust=policy(with_mfa))
    assume = {"RoleArn": role, "RoleSessionName": "glass"}
    right = code(seed, int(time.time()) // 30)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert refusal(lambda: user.assume_role(**assume))[0] == "AccessDenied"
    assert refusal(lambda: user.assume_role(**assume, SerialNumber=serial, TokenCode=wrong))[0] == "AccessDenied"
    assert user.assume_role(**assume, SerialNumber=serial, TokenCode=right)["Credentials"]


def test_a_user_named_in_a_trust_policy_needs_no_policy_of_its_own(account: LocalAccount, name: str) -> None:
    iam = account.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    user = account.client("sts", (key["AccessKeyId"], key["SecretAccessKey"], None))
    trust = policy({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"})
    named = account.role(f"{name}-named", trust=trust)
    by_account = account.role(f"{name}-account")
    assert user.assume_role(RoleArn=named, RoleSessionName="test")["Credentials"]
    assert refusal(lambda: user.assume_role(RoleArn=by_account, RoleSessionName="test"))[0] == "AccessDenied"


def test_what_happens_is_recorded_with_the_callers_address(account: LocalAccount, name: str) -> None:
    arn = made(account, name)
    account.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="value")
    account.client("secretsmanager", address="127.0.1.1").get_secret_value(SecretId=arn)
    trail = account.client("cloudtrail")
    records = [json.loads(event["CloudTrailEvent"]) for event in trail.lookup_events(MaxResults=50)["Events"]]
    assert any(name in json.dumps(record) and record["sourceIPAddress"] == "203.0.113.10" for record in records)
    assert "value" not in {record["requestParameters"].get("SecretString") for record in records}


def test_what_is_refused_is_recorded_with_its_error(account: LocalAccount, name: str) -> None:
    role = account.role(name)
    client = account.client("secretsmanager", account.session(role), address="127.0.2.1")
    refusal(lambda: client.get_secret_value(SecretId=name))
    lookup = [{"AttributeKey": "EventName", "AttributeValue": "GetSecretValue"}]
    events = account.client("cloudtrail").lookup_events(LookupAttributes=lookup, MaxResults=50)["Events"]
    records = [json.loads(event["CloudTrailEvent"]) for event in events]
    record = next(one for one in records if one["requestParameters"].get("SecretId") == name)
    assert record["errorCode"] == "AccessDeniedException"
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
    assert record["vpcEndpointId"] == "vpce-0a1b2c3d"


def test_an_empty_description_clears_a_roles_description(account: LocalAccount, name: str) -> None:
    iam = account.client("iam")
    account.role(name)
    iam.update_role(RoleName=name, Description="before")
    iam.update_role(RoleName=name, Description="")
    assert not iam.get_role(RoleName=name)["Role"].get("Description")
