"""The store, the handler and the deployed function against the local GCP, with the rotator's own permissions."""

import base64
import datetime as dt
import itertools
import json
import threading
from typing import Any

import pytest
from keystead.functions.rotator.gcp import RotatorFunction
from keystead.functions.rotator.settings import CloudSettings, RotatorSettings, SecretSettings
from keystead.functions.rotator.strategies.service_account_key import ServiceAccountKeyRotator
from keystead.functions.shared import clock, events
from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google.api import Api
from keystead.functions.stores.gcp import GcpSecretStore

from tests.components.functions.memory import Kill
from tests.components.functions.on_local_gcp.local_gcp import DAY, NUMBER, PROJECT, LocalGcp
from tests.components.functions.shapes import shape

_names = itertools.count(1)
SHAPE = shape("canary_")


class MortalApi:
    """Google's APIs, and a process that dies before or after one of the calls that change something."""

    def __init__(self, api: Api, at: int = 0, *, before: bool = True) -> None:
        self._api = api
        self._at = at
        self._before = before
        self.changes: list[str] = []

    def call(self, http: str, service: str, path: str, *body: Any, **more: Any) -> dict[str, Any]:
        if http != "GET":
            self.changes.append(f"{http} {path.partition(':')[2]}")
        dies = http != "GET" and len(self.changes) == self._at
        if dies and self._before:
            raise Kill
        answer = self._api.call(http, service, path, *body, **more)
        if dies:
            raise Kill
        return answer


class Setup:
    """One secret and the rotator's function in this process."""

    def __init__(self, cloud: LocalGcp) -> None:
        self.cloud = cloud
        self.name = f"prod-key-{next(_names)}"
        self.api = cloud.acting_as(cloud.rotator(f"rotator-{next(_names):04}"))
        cloud.secret(self.name)

    def function(self, api: Any = None) -> RotatorFunction:
        entry = SecretSettings("random", 90 * DAY, 30 * DAY, SHAPE)
        place = CloudSettings(PROJECT, "us-east1", NUMBER, "prod-rotator")
        settings = RotatorSettings("prod", place, {self.name: entry})
        return RotatorFunction(settings, GcpSecretStore(api or self.api, NUMBER, lambda _: None))

    def push(self, event: str, identifier: str, moment: dt.datetime | None = None) -> dict[str, Any]:
        message = {
            "attributes": {"eventType": event, "secretId": f"projects/{NUMBER}/secrets/{self.name}"},
            "messageId": identifier,
            "publishTime": (moment or clock.now()).isoformat(),
        }
        return {"message": message, "subscription": f"projects/{PROJECT}/subscriptions/prod-rotator"}

    def born(self) -> str:
        self.function().serve(self.push("SECRET_CREATE", "1"))
        return self.value("current")

    def due(self) -> dt.datetime:
        """The moment at which a rotation falls due: after what became current, which is noted in whole seconds."""
        self.cloud.advance(3)
        return clock.now()

    def value(self, version: str) -> str:
        path = f"v1/projects/{NUMBER}/secrets/{self.name}/versions/{version}:access"
        return base64.b64decode(self.cloud.call("GET", "secretmanager", path)["payload"]["data"]).decode()

    def states(self) -> list[str]:
        """The states of all versions, oldest first."""
        path = f"v1/projects/{NUMBER}/secrets/{self.name}/versions"
        found = self.cloud.call("GET", "secretmanager", path)["versions"]
        return [version["state"] for version in reversed(found)]

    def sweep(self) -> None:
        self.function().serve(dict(events.SWEEP_EVENT))


@pytest.fixture
def setup(cloud: LocalGcp) -> Setup:
    return Setup(cloud)


def test_a_first_value_a_rotation_and_its_message_again(setup: Setup) -> None:
    first = setup.born()
    assert first.startswith("canary_")
    created, rotated = setup.push("SECRET_CREATE", "1"), setup.push("SECRET_ROTATE", "2", setup.due())
    setup.function().serve(rotated)
    assert (setup.value("previous"), setup.value("current") != first) == (first, True)
    setup.cloud.advance(60)
    second = setup.value("current")
    for message in (rotated, created, setup.push("SECRET_ROTATE", "0", clock.now() - dt.timedelta(days=1))):
        setup.function().serve(message)
    assert setup.value("current") == second
    assert setup.states() == ["ENABLED", "ENABLED"]


def test_the_overlap_ends_with_the_previous_version_destroyed(setup: Setup) -> None:
    setup.born()
    setup.function().serve(setup.push("SECRET_ROTATE", "2", setup.due()))
    setup.cloud.advance(30 * DAY + 60)
    setup.sweep()
    assert setup.states() == ["DISABLED", "ENABLED"]
    with pytest.raises(ApiError, match="404 NOT_FOUND"):
        setup.value("previous")
    setup.sweep()
    assert setup.states() == ["DESTROYED", "ENABLED"]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("change", [1, 2, 3])
def test_a_rotation_killed_at_any_change_is_completed_by_the_next_delivery_and_leaves_no_orphan(
    setup: Setup, change: int, before: bool
) -> None:
    first = setup.born()
    message, mortal = setup.push("SECRET_ROTATE", "2", setup.due()), MortalApi(setup.api, change, before=before)
    with pytest.raises(Kill):
        setup.function(mortal).serve(message)
    assert setup.value("current").startswith("canary_")
    setup.function().serve(message)
    assert setup.value("previous") == first != setup.value("current")
    setup.cloud.advance(2 * 3600)
    setup.sweep()
    assert setup.states().count("ENABLED") == 2


def test_a_rotation_makes_three_changes(setup: Setup) -> None:
    setup.born()
    mortal = MortalApi(setup.api)
    setup.function(mortal).serve(setup.push("SECRET_ROTATE", "2", setup.due()))
    assert mortal.changes == ["POST addVersion", "PATCH ", "PATCH "]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["secretmanager.secrets.addVersion", "secretmanager.secrets.patch"])
@pytest.mark.parametrize("status", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
def test_throttled_and_failing_calls_are_tried_again_and_change_nothing_twice(
    setup: Setup, status: str, method: str, when: str
) -> None:
    first = setup.born()
    setup.cloud.faults(method=method, status=status, when=when, times=1)
    setup.function().serve(setup.push("SECRET_ROTATE", "2", setup.due()))
    assert setup.value("previous") == first != setup.value("current")
    setup.cloud.advance(2 * 3600)
    setup.sweep()
    assert setup.states().count("ENABLED") == 2


def test_calls_that_fail_for_longer_fail_the_delivery_and_not_the_current_value(setup: Setup) -> None:
    first = setup.born()
    message = setup.push("SECRET_ROTATE", "2", setup.due())
    setup.cloud.faults(method="secretmanager.secrets.addVersion", status="UNAVAILABLE", times=4)
    with pytest.raises(ApiError, match="503 UNAVAILABLE"):
        setup.function().serve(message)
    assert setup.value("current") == first
    setup.function().serve(message)
    assert setup.value("previous") == first


def test_messages_served_at_once_give_one_new_value(setup: Setup) -> None:
    first = setup.born()
    due = setup.due()
    messages = [setup.push("SECRET_ROTATE", identifier, due) for identifier in ("2", "2", "3", "4")]
    failed: list[str] = []

    def serve(message: dict[str, Any]) -> None:
        try:
            setup.function().serve(message)
        except ApiError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=serve, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for message in messages:
        setup.function().serve(message)
    assert setup.value("previous") == first
    setup.cloud.advance(2 * 3600)
    setup.sweep()
    assert setup.states().count("ENABLED") == 2


def test_the_rotators_permissions_end_at_the_environments_names(setup: Setup) -> None:
    setup.cloud.secret(f"dev-key-{next(_names)}")
    path = f"v1/projects/{NUMBER}/secrets/{setup.name}"
    assert setup.api.call("GET", "secretmanager", path)["etag"]
    with pytest.raises(ApiError, match="403 PERMISSION_DENIED"):
        setup.api.call("GET", "secretmanager", path.replace("prod-key", "dev-key"))


def test_a_service_accounts_key_is_made_checked_and_deleted(cloud: LocalGcp) -> None:
    account, rotator = cloud.account("uploads-files"), cloud.rotator("rotates-keys")
    member = f"serviceAccount:{rotator}"
    cloud.grant("iam", f"v1/projects/{PROJECT}/serviceAccounts/{account}", "roles/iam.serviceAccountKeyAdmin", member)
    strategy = ServiceAccountKeyRotator(account, cloud.acting_as(rotator))
    first, second = strategy.create(lambda: None), strategy.create(lambda: None)
    for value in (first, second):
        strategy.verify(value)
    strategy.retire(lambda: first)
    strategy.retire(lambda: first)
    keys = cloud.call("GET", "iam", f"v1/projects/{PROJECT}/serviceAccounts/{account}/keys", keyTypes="USER_MANAGED")
    assert [key["name"].rpartition("/")[2] for key in keys["keys"]] == [json.loads(second.reveal())["private_key_id"]]
