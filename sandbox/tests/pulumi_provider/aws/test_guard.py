"""Which cloud, account and tags a request gets."""

from collections.abc import Callable

import pytest
from tests.pulumi_provider.aws.conftest import Local
from tests.pulumi_provider.engine_side import EngineSide, RefusedError

QUEUE = "aws:sqs/queue:Queue"


def test_another_account_is_refused_as_the_official_provider_does(connect: Callable[..., EngineSide]) -> None:
    with pytest.raises(RefusedError, match="AWS account ID not allowed: 000000000042"):
        connect(settings={"allowedAccountIds": ["111111111111"]})


def test_settings_may_come_as_json_text(connect: Callable[..., EngineSide]) -> None:
    with pytest.raises(RefusedError, match="AWS account ID not allowed: 000000000042"):
        connect(settings={"allowedAccountIds": '["111111111111"]'})


def test_a_stack_without_a_cloud_is_refused_with_those_that_have_one(connect: Callable[..., EngineSide]) -> None:
    with pytest.raises(RefusedError, match=r"stack 'prod' has no AWS account in the sandbox \(up: trial\)"):
        connect(stack="prod")


def test_a_resource_without_a_configured_provider_is_refused(connect: Callable[..., EngineSide]) -> None:
    engine = connect(stack="unconfigured", configured=False)
    with pytest.raises(RefusedError, match="the provider of this resource is not configured"):
        engine.create(QUEUE, "early", {})


def test_two_providers_of_one_stack_keep_their_own_tags_and_region(
    connect: Callable[..., EngineSide], local: Local
) -> None:
    east = connect(settings={"region": "us-east-1", "defaultTags": {"tags": {"side": "east"}}})
    west = connect(settings={"region": "us-west-2", "defaultTags": '{"tags": {"side": "west"}}'})
    made_east, made_west = (
        east.create(QUEUE, "both", {"name": "both"}),
        west.create(QUEUE, "both-west", {"name": "both"}),
    )
    assert made_east.state["tagsAll"] == {"side": "east"}
    assert made_west.state["tagsAll"] == {"side": "west"}
    assert made_west.state["arn"] == "arn:aws:sqs:us-west-2:000000000042:both"
    assert local.client("sqs", "us-west-2").list_queue_tags(QueueUrl=made_west.id)["Tags"] == {"side": "west"}
    east.delete(made_east)
    west.delete(made_west)


def test_changed_default_tags_change_what_carries_them_in_place(connect: Callable[..., EngineSide]) -> None:
    before = connect(settings={"defaultTags": {"tags": {"tier": "low", "old": "1"}}})
    made = before.create(QUEUE, "retagged", {"name": "retagged", "tags": {"own": "x"}})
    after = connect(settings={"defaultTags": {"tags": {"tier": "high"}}})
    difference = after.diff(made, {"name": "retagged", "tags": {"own": "x"}})
    assert list(difference.diffs) == ["tagsAll"]
    updated = after.update(made, {"name": "retagged", "tags": {"own": "x"}})
    assert updated.state["tagsAll"] == {"tier": "high", "own": "x"}
    assert updated.state["tags"] == {"own": "x"}
    after.delete(updated)


def test_the_caller_and_the_region_are_answered_and_other_functions_refused(engine: EngineSide) -> None:
    caller = engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert caller["accountId"] == "000000000042"
    assert ":user/" in caller["arn"]
    assert engine.invoke("aws:index/getRegion:getRegion", {})["region"] == "us-east-1"
    with pytest.raises(RefusedError, match="cannot answer aws:iam/getRole:getRole"):
        engine.invoke("aws:iam/getRole:getRole", {"name": "x"})


def test_a_key_is_described_in_any_state_and_one_that_is_not_there_is_said_to_be_absent(
    engine: EngineSide, local: Local
) -> None:
    kms = local.client("kms")
    key = kms.create_key(Description="till")["KeyMetadata"]
    kms.create_alias(AliasName="alias/described", TargetKeyId=key["KeyId"])
    found = engine.invoke("aws:kms/getKey:getKey", {"keyId": "alias/described"})
    assert (found["id"], found["arn"], found["keyState"]) == (key["KeyId"], key["Arn"], "Enabled")
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    found = engine.invoke("aws:kms/getKey:getKey", {"keyId": "alias/described", "region": "us-east-1"})
    assert (found["keyState"], bool(found["deletionDate"])) == ("PendingDeletion", True)
    with pytest.raises(RefusedError, match=r"reading KMS Key \(alias/none\): couldn't find resource"):
        engine.invoke("aws:kms/getKey:getKey", {"keyId": "alias/none"})


def test_one_engines_interrupt_does_not_stop_another(engine: EngineSide, connect: Callable[..., EngineSide]) -> None:
    from google.protobuf import empty_pb2  # noqa: PLC0415 - only this test speaks it

    connect().ask("Cancel", empty_pb2.Empty())
    made = engine.create(QUEUE, "after-cancel", {"name": "after-cancel"})
    engine.delete(made)
    assert made.state["name"] == "after-cancel"
