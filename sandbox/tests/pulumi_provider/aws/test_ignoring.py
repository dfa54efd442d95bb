"""What a stack ignores stays as somebody else has made it, also in an update that other changes bring about."""

from collections.abc import Callable, Iterator

import pytest
from tests.pulumi_provider.aws.conftest import Local
from tests.pulumi_provider.engine_side import EngineSide, Made

QUEUE = "aws:sqs/queue:Queue"
DECLARED = {"name": "left-alone", "delaySeconds": 5, "tags": {"own": "x"}}
CHANGED = {**DECLARED, "delaySeconds": 7, "visibilityTimeoutSeconds": 60}


@pytest.fixture
def drifted(engine: EngineSide, local: Local) -> Iterator[Made]:
    """A queue that somebody has changed by hand, as a refresh finds it."""
    made = engine.create(QUEUE, "left-alone", DECLARED)
    sqs = local.client("sqs")
    sqs.set_queue_attributes(QueueUrl=made.id, Attributes={"DelaySeconds": "9", "Policy": ""})
    sqs.tag_queue(QueueUrl=made.id, Tags={"theirs": "kept"})
    yield engine.read(made)
    engine.delete(made)


def test_a_property_that_is_ignored_outlives_an_update_of_something_else(
    engine: EngineSide, local: Local, drifted: Made
) -> None:
    difference = engine.diff(drifted, CHANGED, ["delaySeconds", "tags", "tagsAll"])
    assert list(difference.diffs) == ["visibilityTimeoutSeconds"]
    updated = engine.update(drifted, CHANGED, ["delaySeconds", "tags", "tagsAll"])
    sqs = local.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=drifted.id, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["VisibilityTimeout"]) == ("9", "60")
    assert updated.state["delaySeconds"] == 9
    assert sqs.list_queue_tags(QueueUrl=drifted.id)["Tags"]["theirs"] == "kept"


def test_all_tags_that_are_ignored_keep_old_default_ones(connect: Callable[..., EngineSide], local: Local) -> None:
    before = connect(settings={"defaultTags": {"tags": {"tier": "low"}}})
    made = before.create(QUEUE, "old-tags", {**DECLARED, "name": "old-tags"})
    after = connect(settings={"defaultTags": {"tags": {"tier": "high"}}})
    wanted = {**CHANGED, "name": "old-tags"}
    assert set(after.diff(made, wanted, ["tagsAll"]).diffs) == {"delaySeconds", "visibilityTimeoutSeconds"}
    after.update(made, wanted, ["tagsAll"])
    assert local.client("sqs").list_queue_tags(QueueUrl=made.id)["Tags"]["tier"] == "low"
    after.delete(made)


def test_what_is_not_ignored_is_put_right(engine: EngineSide, local: Local, drifted: Made) -> None:
    engine.update(drifted, CHANGED)
    sqs = local.client("sqs")
    assert sqs.get_queue_attributes(QueueUrl=drifted.id, AttributeNames=["All"])["Attributes"]["DelaySeconds"] == "7"
    assert "theirs" not in sqs.list_queue_tags(QueueUrl=drifted.id)["Tags"]
