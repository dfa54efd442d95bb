"""What a stack ignores stays as somebody else has made it, also in an update that other changes bring about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.pulumi_provider.engine_side import EngineSide, Made
from tests.pulumi_provider.gcp.cases import Ground
from tests.pulumi_provider.gcp.conftest import Local
from tests.pulumi_provider.local_sandbox import PROJECT

SECRET = "gcp:secretmanager/secret:Secret"
UNCHANGED, CHANGED = 1, 2
PERIOD, OTHER_PERIOD = "7776000s", "2592000s"
FIRST, KEPT, LATER = "2039-01-01T00:00:00Z", "2039-04-01T00:00:00Z", "2040-01-01T00:00:00Z"


@pytest.fixture
def declared(ground: Ground) -> dict[str, Any]:
    topic = f"projects/{PROJECT}/topics/{ground.published.state['topic'].rpartition('/')[2]}"
    rotation = {"rotationPeriod": PERIOD, "nextRotationTime": FIRST}
    return {
        "secretId": "left-alone",
        "replication": {"auto": {}},
        "topics": [{"name": topic}],
        "rotation": rotation,
        "annotations": {"purpose": "charge cards"},
    }


@pytest.fixture
def aliased(engine: EngineSide, local: Local, declared: dict[str, Any]) -> Iterator[Made]:
    """A secret that has a value with an alias, and that the service has rotated, as a refresh finds it."""
    made = engine.create(SECRET, "left-alone", declared)
    local.call("POST", f"/v1/{made.id}:addVersion", {"payload": {"data": "dmFsdWU="}})
    body = {
        "versionAliases": {"current": "1"},
        "rotation": {"rotationPeriod": PERIOD, "nextRotationTime": KEPT},
    }
    local.call("PATCH", f"/v1/{made.id}?updateMask=versionAliases,rotation", body)
    yield engine.read(made)
    engine.delete(made)


def test_a_map_that_is_ignored_outlives_an_update_of_something_else(
    engine: EngineSide, local: Local, aliased: Made, declared: dict[str, Any]
) -> None:
    wanted = {**declared, "rotation": {"rotationPeriod": OTHER_PERIOD, "nextRotationTime": KEPT}}
    assert list(engine.diff(aliased, wanted, ["versionAliases"]).diffs) == ["rotation"]
    updated = engine.update(aliased, wanted, ["versionAliases"])
    assert local.call("GET", f"/v1/{aliased.id}")["versionAliases"] == {"current": "1"}
    assert updated.state["versionAliases"] == {"current": "1"}
    assert updated.state["rotation"]["rotationPeriod"] == OTHER_PERIOD
    assert "versionAliases" in engine.diff(updated, wanted).diffs


def test_a_field_of_a_block_is_kept_while_the_rest_of_the_block_changes(
    engine: EngineSide, local: Local, aliased: Made, declared: dict[str, Any]
) -> None:
    ignored = ["versionAliases", "rotation.nextRotationTime"]
    moved = {**declared, "rotation": {"rotationPeriod": PERIOD, "nextRotationTime": LATER}}
    assert engine.diff(aliased, moved, ignored).changes == UNCHANGED
    wanted = {**declared, "rotation": {"rotationPeriod": OTHER_PERIOD, "nextRotationTime": LATER}}
    assert engine.diff(aliased, wanted, ignored).changes == CHANGED
    updated = engine.update(aliased, wanted, ignored)
    expected = {"rotationPeriod": OTHER_PERIOD, "nextRotationTime": KEPT}
    assert local.call("GET", f"/v1/{aliased.id}")["rotation"] == expected
    assert updated.state["rotation"] == expected


def test_a_preview_shows_what_is_ignored_as_it_is(engine: EngineSide, aliased: Made, declared: dict[str, Any]) -> None:
    wanted = {**declared, "annotations": {"purpose": "refund cards"}}
    shown = engine.update(aliased, wanted, ["versionAliases", "rotation.nextRotationTime"], preview=True).state
    assert shown["versionAliases"] == {"current": "1"}
    assert shown["rotation"]["nextRotationTime"] == KEPT
    assert shown["annotations"] == {"purpose": "refund cards"}


def test_what_an_existing_key_ignores_neither_replaces_nor_changes_it(engine: EngineSide, ground: Ground) -> None:
    declared = {
        "keyRing": ground.ring.id,
        "name": "kept-in-hardware",
        "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HSM"},
    }
    made = engine.create("gcp:kms/cryptoKey:CryptoKey", "kept", declared)
    template = {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "SOFTWARE"}
    wanted = {**declared, "versionTemplate": template, "labels": {"owner": "risk"}}
    ignored = ["versionTemplate.protectionLevel"]
    assert "versionTemplate" not in engine.diff(made, wanted, ignored).diffs
    updated = engine.update(made, wanted, ignored)
    assert updated.state["versionTemplate"]["protectionLevel"] == "HSM"
    assert updated.state["labels"] == {"owner": "risk"}


def test_labels_that_are_ignored_stay_as_they_are(
    connect: Callable[..., EngineSide], local: Local, declared: dict[str, Any]
) -> None:
    engine = connect()
    plain = {name: declared[name] for name in ("secretId", "replication")}
    made = engine.create(SECRET, "relabelled", {**plain, "secretId": "relabelled", "labels": {"owner": "payments"}})
    wanted = {**plain, "secretId": "relabelled", "labels": {"owner": "risk"}, "annotations": {"note": "new"}}
    engine.update(made, wanted, ["labels"])
    assert local.call("GET", f"/v1/{made.id}")["labels"]["owner"] == "payments"
    engine.delete(made)
