import uuid
from typing import Any

import pytest
from tests.local_aws.conftest import LocalAccount, refusal
from tests.local_aws.patched import shows

DAY = 86_400


@pytest.fixture
def name() -> str:
    return f"secret-{uuid.uuid4()}"


@pytest.fixture
def store(account: LocalAccount) -> Any:
    return account.client("secretsmanager")


def labels(store: Any, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = store.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    return found


def token() -> str:
    return str(uuid.uuid4())


def test_a_secret_without_value_has_no_version(store: Any, name: str) -> None:
    assert "VersionId" not in store.create_secret(Name=name)
    assert labels(store, name) == {}
    assert refusal(lambda: store.get_secret_value(SecretId=name)) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )


def test_the_first_value_becomes_current_whatever_its_label(store: Any, name: str) -> None:
    store.create_secret(Name=name)
    store.put_secret_value(SecretId=name, SecretString="first", VersionStages=["AWSPENDING"])
    assert store.get_secret_value(SecretId=name)["SecretString"] == "first"


@shows("app.SERVICE_HANDLERS")
def test_a_new_value_leaves_the_old_one_as_previous_and_the_oldest_deprecated(store: Any, name: str) -> None:
    first = store.create_secret(Name=name, SecretString="1")["VersionId"]
    second = store.put_secret_value(SecretId=name, SecretString="2")["VersionId"]
    third = store.put_secret_value(SecretId=name, SecretString="3")["VersionId"]
    assert labels(store, name) == {third: ["AWSCURRENT"], second: ["AWSPREVIOUS"]}
    listed = store.list_secret_version_ids(SecretId=name)["Versions"]
    assert {version["VersionId"] for version in listed} == {second, third}
    everything = store.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    assert {version["VersionId"] for version in everything} == {first, second, third}


def test_the_same_token_with_the_same_value_does_nothing_and_with_another_is_refused(store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="1")
    again = {"SecretId": name, "ClientRequestToken": token(), "SecretString": "2"}
    store.put_secret_value(**again)
    store.put_secret_value(SecretId=name, SecretString="3")
    store.put_secret_value(**again)
    assert store.get_secret_value(SecretId=name)["SecretString"] == "3"
    assert refusal(lambda: store.put_secret_value(**{**again, "SecretString": "other"}))[0] == "ResourceExistsException"


def test_a_label_is_on_one_version_at_a_time(store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="1")
    first = store.put_secret_value(SecretId=name, SecretString="2", VersionStages=["blue"])["VersionId"]
    second = store.put_secret_value(SecretId=name, SecretString="3", VersionStages=["blue"])["VersionId"]
    assert first not in labels(store, name)
    assert labels(store, name)[second] == ["blue"]


def test_current_moves_only_from_the_version_named_and_takes_previous_along(store: Any, name: str) -> None:
    old = store.create_secret(Name=name, SecretString="1")["VersionId"]
    new = store.put_secret_value(SecretId=name, SecretString="2", VersionStages=["AWSPENDING"])["VersionId"]
    move = {"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": new}
    assert refusal(lambda: store.update_secret_version_stage(**move)) == (
        "InvalidParameterException",
        (
            "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to "
            f"version {old}, so you must explicitly reference that version in RemoveFromVersionId."
        ),
    )
    store.update_secret_version_stage(**move, RemoveFromVersionId=old)
    assert sorted(labels(store, name)[new]) == ["AWSCURRENT", "AWSPENDING"]
    assert labels(store, name)[old] == ["AWSPREVIOUS"]


def test_current_cannot_be_removed_and_previous_can(store: Any, name: str) -> None:
    old = store.create_secret(Name=name, SecretString="1")["VersionId"]
    new = store.put_secret_value(SecretId=name, SecretString="2")["VersionId"]
    remove = {"SecretId": name, "VersionStage": "AWSCURRENT", "RemoveFromVersionId": new}
    assert refusal(lambda: store.update_secret_version_stage(**remove)) == (
        "InvalidParameterException",
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    )
    store.update_secret_version_stage(SecretId=name, VersionStage="AWSPREVIOUS", RemoveFromVersionId=old)
    assert labels(store, name) == {new: ["AWSCURRENT"]}
    code, _ = refusal(lambda: store.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS"))
    assert code == "ResourceNotFoundException"


def test_a_label_on_another_version_is_not_removed(store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="1")
    other = store.put_secret_value(SecretId=name, SecretString="2", VersionStages=["blue"])["VersionId"]
    remove = {"SecretId": name, "VersionStage": "AWSCURRENT", "RemoveFromVersionId": other}
    assert refusal(lambda: store.update_secret_version_stage(**remove))[0] == "InvalidParameterException"


def test_version_and_label_must_belong_together(store: Any, name: str) -> None:
    old = store.create_secret(Name=name, SecretString="1")["VersionId"]
    store.put_secret_value(SecretId=name, SecretString="2")
    read = {"SecretId": name, "VersionId": old, "VersionStage": "AWSCURRENT"}
    assert refusal(lambda: store.get_secret_value(**read))[0] == "InvalidRequestException"
    assert store.get_secret_value(SecretId=name, VersionId=old)["SecretString"] == "1"


def test_a_name_that_waits_for_deletion_is_taken_until_the_window_ends(
    account: LocalAccount, store: Any, name: str
) -> None:
    store.create_secret(Name=name, SecretString="1")
    store.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert refusal(lambda: store.create_secret(Name=name)) == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    account.advance(6 * DAY)
    assert refusal(lambda: store.get_secret_value(SecretId=name))[0] == "InvalidRequestException"
    account.advance(DAY + 1)
    assert refusal(lambda: store.describe_secret(SecretId=name))[0] == "ResourceNotFoundException"
    store.create_secret(Name=name)


def test_a_restored_secret_is_not_deleted_when_its_window_would_have_ended(
    account: LocalAccount, store: Any, name: str
) -> None:
    store.create_secret(Name=name, SecretString="1")
    store.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    store.restore_secret(SecretId=name)
    account.advance(8 * DAY)
    assert store.get_secret_value(SecretId=name)["SecretString"] == "1"


def test_status_names_secrets_without_value_and_never_a_value(account: LocalAccount, store: Any, name: str) -> None:
    store.create_secret(Name=name)
    canary = f"canary-{uuid.uuid4()}"
    store.create_secret(Name=f"{name}-with", SecretString=canary)
    status = account.ask("status")[0]
    assert name in status["secrets_without_value"]
    assert f"{name}-with" not in status["secrets_without_value"]
    assert canary not in str(status)
