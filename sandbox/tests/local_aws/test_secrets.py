"""Secrets as a whole: listed, tagged, deleted and restored; values in batches; random passwords."""

import string
import uuid
from typing import Any

import pytest
from tests.local_aws.conftest import ACCOUNT, REGION, LocalAccount, allow, deny, policy, refusal

DAY = 86_400


@pytest.fixture
def store(account: LocalAccount) -> Any:
    return account.client("secretsmanager")


@pytest.fixture
def name() -> str:
    return f"secret-{uuid.uuid4()}"


def listed(store: Any, **asked: Any) -> list[str]:
    return [secret["Name"] for secret in store.list_secrets(**asked)["SecretList"]]


def test_a_secret_is_described_without_its_value(store: Any, name: str) -> None:
    tags = [{"Key": "team", "Value": "payments"}]
    made = store.create_secret(Name=name, Description="to charge cards", SecretString="hidden", Tags=tags)
    described = store.describe_secret(SecretId=name)
    assert described["ARN"] == made["ARN"]
    assert (described["Description"], described["Tags"]) == ("to charge cards", tags)
    assert described["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    assert "hidden" not in str(described)


def test_a_secret_is_found_by_name_arn_and_arn_without_its_last_characters(store: Any, name: str) -> None:
    arn = store.create_secret(Name=name)["ARN"]
    assert arn.startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-")
    assert {store.describe_secret(SecretId=one)["ARN"] for one in (name, arn, arn[:-7])} == {arn}
    assert refusal(lambda: store.describe_secret(SecretId=arn[:-8]))[0] == "ResourceNotFoundException"


def test_tags_are_changed_one_by_one(store: Any, name: str) -> None:
    store.create_secret(Name=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    store.tag_resource(SecretId=name, Tags=[{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}])
    store.untag_resource(SecretId=name, TagKeys=["a"])
    assert store.describe_secret(SecretId=name)["Tags"] == [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("name", "pay", ["pay-one", "pay-two"]),
        ("name", "one", []),
        ("name", "!pay", ["ship"]),
        ("description", "charges", ["pay-one"]),
        ("tag-key", "Team", ["pay-two"]),
        ("tag-key", "team", []),
        ("tag-value", "Shipping", ["pay-two"]),
        ("all", "charges", ["pay-one"]),
        ("primary-region", "us-west-1", ["pay-one", "pay-two", "ship"]),
    ],
)
def test_a_filter_matches_from_the_beginning(own_region: Any, key: str, value: str, found: list[str]) -> None:
    assert listed(own_region, Filters=[{"Key": key, "Values": [value]}]) == found


@pytest.fixture(scope="module")
def own_region(account: LocalAccount) -> Any:
    """The store of a region with three secrets."""
    store = account.client("secretsmanager", region="us-west-1")
    store.create_secret(Name="pay-one", Description="Charges cards")
    store.create_secret(Name="pay-two", Tags=[{"Key": "Team", "Value": "Shipping"}])
    store.create_secret(Name="ship")
    return store


def test_secrets_are_listed_in_pages(own_region: Any) -> None:
    first = own_region.list_secrets(MaxResults=2)
    rest = own_region.list_secrets(MaxResults=2, NextToken=first["NextToken"])
    assert [len(first["SecretList"]), len(rest["SecretList"])] == [2, 1]
    assert "NextToken" not in rest
    assert refusal(lambda: own_region.list_secrets(NextToken="no token"))[0] == "InvalidNextTokenException"


def test_a_deleted_secret_is_neither_read_nor_listed_until_it_is_restored(store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="x")
    store.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert refusal(lambda: store.get_secret_value(SecretId=name))[0] == "InvalidRequestException"
    assert refusal(lambda: store.create_secret(Name=name))[0] == "InvalidRequestException"
    assert refusal(lambda: store.delete_secret(SecretId=name))[0] == "InvalidRequestException"
    by_name = {"Filters": [{"Key": "name", "Values": [name]}]}
    assert listed(store, **by_name) == []
    assert listed(store, **by_name, IncludePlannedDeletion=True) == [name]
    store.restore_secret(SecretId=name)
    assert store.get_secret_value(SecretId=name)["SecretString"] == "x"
    assert refusal(lambda: store.restore_secret(SecretId=name))[0] == "InvalidRequestException"


def test_a_deleted_secret_is_gone_when_its_window_ends(own_account: LocalAccount, name: str) -> None:
    store = own_account.client("secretsmanager")
    store.create_secret(Name=name)
    store.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    own_account.advance(8 * DAY)
    assert refusal(lambda: store.describe_secret(SecretId=name))[0] == "ResourceNotFoundException"
    store.create_secret(Name=name)


@pytest.mark.parametrize(
    "window",
    [
        {"RecoveryWindowInDays": 6},
        {"RecoveryWindowInDays": 31},
        {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
    ],
)
def test_a_recovery_window_is_seven_to_thirty_days_or_none(store: Any, name: str, window: dict[str, Any]) -> None:
    store.create_secret(Name=name)
    assert refusal(lambda: store.delete_secret(SecretId=name, **window))[0] == "InvalidParameterException"
    store.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert refusal(lambda: store.describe_secret(SecretId=name))[0] == "ResourceNotFoundException"


def test_a_batch_tells_of_each_secret_its_value_or_its_refusal(account: LocalAccount, name: str) -> None:
    owner = account.client("secretsmanager")
    for end in ("open", "closed"):
        owner.create_secret(Name=f"{name}-{end}", SecretString=end)
    reading = allow(["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"])
    closed = deny("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:*:secret:{name}-closed-*")
    reader = account.client("secretsmanager", account.session(account.role(name, reading, closed)))
    wanted = [f"{name}-open", f"{name}-closed", f"{name}-absent"]
    told = reader.batch_get_secret_value(SecretIdList=wanted)
    assert [(one["Name"], one["SecretString"]) for one in told["SecretValues"]] == [(f"{name}-open", "open")]
    assert [(one["SecretId"], one["ErrorCode"]) for one in told["Errors"]] == [
        (f"{name}-closed", "AccessDeniedException"),
        (f"{name}-absent", "ResourceNotFoundException"),
    ]
    by_filter = {"Filters": [{"Key": "name", "Values": [name]}]}
    assert refusal(lambda: reader.batch_get_secret_value(**by_filter))[0] == "AccessDeniedException"
    values = owner.batch_get_secret_value(**by_filter)["SecretValues"]
    assert {one["SecretString"] for one in values} == {"open", "closed"}


def test_a_resource_policy_is_kept_shown_and_deleted(store: Any, name: str) -> None:
    store.create_secret(Name=name)
    assert "ResourcePolicy" not in store.get_resource_policy(SecretId=name)
    document = policy(allow("secretsmanager:GetSecretValue", Principal={"AWS": ACCOUNT}))
    store.put_resource_policy(SecretId=name, ResourcePolicy=document)
    assert store.get_resource_policy(SecretId=name)["ResourcePolicy"] == document
    store.delete_resource_policy(SecretId=name)
    assert "ResourcePolicy" not in store.get_resource_policy(SecretId=name)


def test_the_tags_of_a_secret_are_in_the_conditions(account: LocalAccount, name: str) -> None:
    owner = account.client("secretsmanager")
    for team in ("mine", "other"):
        tags = [{"Key": "team", "Value": team}]
        owner.create_secret(Name=f"{name}-{team}", SecretString="x", Tags=tags)
    own = allow("secretsmanager:GetSecretValue", Condition={"StringEquals": {"aws:ResourceTag/team": "mine"}})
    reader = account.client("secretsmanager", account.session(account.role(name, own)))
    assert reader.get_secret_value(SecretId=f"{name}-mine")["SecretString"] == "x"
    assert refusal(lambda: reader.get_secret_value(SecretId=f"{name}-other"))[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("asked", "length", "kinds"),
    [
        ({}, 32, [string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation]),
        ({"PasswordLength": 4}, 4, [string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation]),
        (
            {"PasswordLength": 64, "ExcludePunctuation": True, "ExcludeUppercase": True, "ExcludeNumbers": True},
            64,
            [string.ascii_lowercase],
        ),
        ({"PasswordLength": 64, "ExcludeCharacters": string.ascii_letters + string.punctuation}, 64, [string.digits]),
        ({"PasswordLength": 200, "IncludeSpace": True, "ExcludePunctuation": True}, 200, [" ", string.digits]),
    ],
)
def test_a_random_password_has_every_kind_of_character_it_may_have(
    store: Any, asked: dict[str, Any], length: int, kinds: list[str]
) -> None:
    password = store.get_random_password(**asked)["RandomPassword"]
    assert len(password) == length
    assert all(set(password) & set(kind) for kind in kinds)
    if len(kinds) == 1:
        assert set(password) <= set(kinds[0])
    assert password != store.get_random_password(**asked)["RandomPassword"]


@pytest.mark.parametrize(
    "asked", [{"PasswordLength": 3}, {"PasswordLength": 5000}, {"ExcludeCharacters": string.printable}]
)
def test_a_password_that_cannot_be_made_is_refused(store: Any, asked: dict[str, Any]) -> None:
    assert refusal(lambda: store.get_random_password(**asked))[0] == "InvalidParameterException"
