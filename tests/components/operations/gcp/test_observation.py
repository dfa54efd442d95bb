from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from keystead.operations.gcp.observation import key_from, secret_from
from keystead.operations.inventory import KeyCondition

START = datetime(2026, 8, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.123456789Z"


def secret(**aliases: str) -> dict[str, Any]:
    named = {alias.replace("_", "-"): number for alias, number in aliases.items()}
    return {"createTime": text(START), "versionAliases": named}


def versions(**created: int) -> dict[str, dict[str, Any]]:
    return {
        name.removeprefix("n"): {"state": "ENABLED", "createTime": text(day(number))}
        for name, number in created.items()
    }


SINCE = f"since_{int(day(12).timestamp())}"


def test_a_secret_without_labels_has_no_value_yet() -> None:
    seen = secret_from({"createTime": text(START)}, {})
    assert (seen.current, seen.current_since, seen.readable) == (None, None, True)


def test_the_current_value_took_over_when_its_label_says_so() -> None:
    seen = secret_from(secret(current="2", previous="1", token_b="2", **{SINCE: "2"}), versions(n2=10))
    assert (seen.current, seen.current_since, seen.previous) == ("token-b", day(12), True)


def test_a_label_moved_by_hand_counts_from_the_versions_creation() -> None:
    seen = secret_from(secret(current="3", token_b="2", **{SINCE: "2"}), versions(n3=20))
    assert (seen.current, seen.current_since) == ("version-3", datetime.fromisoformat(text(day(20))))


def test_a_pending_version_is_a_rotation_under_way_since_it_was_made() -> None:
    seen = secret_from(secret(current="1", pending="2", token_b="2"), versions(n1=1, n2=30))
    assert (seen.pending, seen.pending_since) == ("token-b", datetime.fromisoformat(text(day(30))))


def test_a_current_version_that_is_gone_or_disabled_cannot_be_read() -> None:
    assert not secret_from(secret(current="1"), {}).readable
    disabled = {"1": {"state": "DISABLED", "createTime": text(day(1))}}
    assert not secret_from(secret(current="1"), disabled).readable


def test_the_stores_own_date_is_the_next_rotation() -> None:
    rotation = {"rotation": {"nextRotationTime": text(day(90))}}
    assert secret_from({**secret(), **rotation}, {}).due == datetime.fromisoformat(text(day(90)))


@pytest.mark.parametrize(
    ("version", "condition", "deletion"),
    [
        ({"state": "ENABLED"}, KeyCondition.ENABLED, None),
        ({"state": "DISABLED"}, KeyCondition.DISABLED, None),
        ({"state": "DESTROY_SCHEDULED", "destroyTime": "2026-12-01T00:00:00Z"}, KeyCondition.DELETING, "2026-12-01"),
        ({"state": "IMPORT_FAILED"}, KeyCondition.DISABLED, None),
        (None, KeyCondition.DISABLED, None),
    ],
)
def test_a_key_is_as_the_version_that_is_in_use(
    version: dict[str, str] | None, condition: KeyCondition, deletion: str | None
) -> None:
    key = key_from({"rotationPeriod": "7776000s", "nextRotationTime": text(day(9))}, version)
    assert (key.condition, key.rotation) == (condition, timedelta(days=90))
    assert (key.deletion and f"{key.deletion:%Y-%m-%d}") == deletion
