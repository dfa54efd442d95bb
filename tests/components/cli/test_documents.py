import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keystead.cli.render.status_document import document
from keystead.operations.inventory import Inventory, KeyCondition, ObservedKey, ObservedSecret
from keystead.operations.status import assess
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

from tests.components.cli.conftest import BASE, OVERLAY
from tests.components.cli.google import GCP, MIRRORED

STORED = Path(__file__).with_name("documents") / "status.json"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def environment(name: str, **changes: Any) -> EnvironmentSpec:
    return build(name, {**OVERLAY, **changes}, BASE)


AWS_SEEN = Inventory(
    keys={
        "data": ObservedKey(condition=KeyCondition.ENABLED, rotation=timedelta(days=90), rotates=ago(days=-20)),
        "tokens": ObservedKey(condition=KeyCondition.DELETING, deletion=ago(days=-9)),
    },
    secrets={
        "session-secret": ObservedSecret(
            created=ago(days=99),
            current="b",
            current_since=ago(days=3),
            previous=True,
            pending="c",
            pending_since=ago(minutes=2),
            due=ago(days=-87),
        ),
        "processor-key": ObservedSecret(created=ago(days=99), current="p", current_since=ago(days=98)),
    },
    alarms=("shop-rotation-failed", "shop-rotation-late"),
)
GCP_SEEN = Inventory(
    keys={
        "data": ObservedKey(condition=KeyCondition.ENABLED, rotation=timedelta(days=90), rotates=ago(days=-20)),
        "tokens": ObservedKey(condition=KeyCondition.DISABLED),
    },
    secrets={
        "session-secret": ObservedSecret(created=ago(days=99), current="a", current_since=ago(days=93)),
        "processor-key": ObservedSecret(created=ago(days=99)),
    },
    alarms=("shop-rotation-given-up",),
)


def documents() -> dict[str, Any]:
    """Return the document of environments on one cloud and on two, in order, with problems and not reached."""
    first = environment("first", keys={"data": {"rotation": "90d"}})
    second = environment("second", **GCP)
    shop = environment("shop", **MIRRORED)
    surveys = [
        assess(first, {"aws": AWS_SEEN}, NOW),
        assess(second, {"gcp": GCP_SEEN}, NOW),
        assess(shop, {"aws": AWS_SEEN, "gcp": GCP_SEEN}, NOW),
        assess(shop, {"aws": "shop: access denied", "gcp": GCP_SEEN}, NOW),
        assess(shop, {"aws": "shop: not deployed", "gcp": "shop: not deployed"}, NOW),
    ]
    return document(surveys, NOW)


def test_the_status_document_is_the_one_that_programs_know() -> None:
    assert documents() == json.loads(STORED.read_text())
