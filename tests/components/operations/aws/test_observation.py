from datetime import UTC, datetime, timedelta
from typing import Any

from keystead.operations.aws.observation import secret_from

START = datetime(2026, 8, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def described(labels: dict[str, list[str]], **more: Any) -> dict[str, Any]:
    return {"CreatedDate": START, "LastChangedDate": day(50), "VersionIdsToStages": labels, **more}


def versions(**created: int) -> list[dict[str, Any]]:
    return [{"VersionId": name, "CreatedDate": day(number)} for name, number in created.items()]


def test_a_secret_without_labels_has_no_value_yet() -> None:
    assert secret_from({"CreatedDate": START}, []).current_since is None


def test_the_current_value_took_over_when_its_rotation_finished() -> None:
    seen = secret_from(described({"a": ["AWSCURRENT", "AWSPENDING"]}, LastRotatedDate=day(12)), versions(a=10))
    assert (seen.current_since, seen.pending_since) == (day(12), None)


def test_a_value_written_by_hand_after_the_last_rotation_took_over_when_it_was_written() -> None:
    labels = {"a": ["AWSPREVIOUS"], "b": ["AWSCURRENT"]}
    seen = secret_from(described(labels, LastRotatedDate=day(12)), versions(a=10, b=20))
    assert (seen.current_since, seen.previous) == (day(20), True)


def test_a_changed_tag_does_not_look_like_a_rotation() -> None:
    seen = secret_from(described({"a": ["AWSCURRENT"]}, LastChangedDate=day(40)), versions(a=10))
    assert seen.current_since == day(10)


def test_a_pending_version_beside_the_current_one_is_a_rotation_under_way() -> None:
    seen = secret_from(described({"a": ["AWSCURRENT"], "b": ["AWSPENDING"]}), versions(a=10, b=30))
    assert seen.pending_since == day(30)


def test_a_pending_version_that_has_no_value_yet_is_dated_by_the_last_change() -> None:
    seen = secret_from(described({"a": ["AWSCURRENT"], "b": ["AWSPENDING"]}), versions(a=10))
    assert seen.pending_since == day(50)


def test_the_stores_date_counts_only_while_rotation_is_switched_on() -> None:
    labels = {"a": ["AWSCURRENT"]}
    on = secret_from(described(labels, RotationEnabled=True, NextRotationDate=day(90)), versions(a=1))
    off = secret_from(described(labels, RotationEnabled=False, NextRotationDate=day(90)), versions(a=1))
    assert (on.due, off.due) == (day(90), None)


def test_a_replica_that_did_not_get_the_value_is_seen_and_one_that_did_is_not_named() -> None:
    replicas = [{"Region": "us-west-2", "Status": "Failed"}, {"Region": "eu-west-1", "Status": "InSync"}]
    seen = secret_from(described({"a": ["AWSCURRENT"]}, ReplicationStatus=replicas), versions(a=10))
    assert seen.failed_replicas == ("us-west-2",)
