"""A secret that was renamed takes over the values of its old name: nothing is lost, made or revoked on the way."""

import contextlib
import datetime as dt
from collections.abc import Collection
from typing import Any, cast

import pytest
from keystead.functions.rotator.renaming import Renaming, previous_token
from keystead.functions.rotator.settings import SecretSettings, ShapeSettings
from keystead.functions.rotator.strategies.manual import ManualRotator
from keystead.functions.rotator.strategies.random import RandomRotator
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationStep, RotationWorkflow
from keystead.functions.shared import clock
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.store import SecretStore

from tests.components.functions.fake_secret_manager import NAME, NUMBER, FakeSecretManager
from tests.components.functions.memory import LATER, SECRET, Fault, Kill, MemoryStore, ServiceRotator, World

OLD, NEW = "prod/old-name", "prod/new-name"
DAY = 86400
SETTINGS = SecretSettings("service", every=90 * DAY, overlap=30 * DAY, renamed_from=OLD)


class Names:
    """Two stores of one secret each as one store of both; the old name's is only read."""

    def __init__(self, **stores: tuple[Any, str]) -> None:
        self._stores = {{"old": OLD, "new": NEW}[key]: store for key, store in stores.items()}
        self.asked: list[tuple[str, str]] = []

    def listed(self, secrets: Collection[str]) -> dict[str, Any]:
        stores = {secret: self._stores[secret] for secret in secrets}
        return {secret: store.listed({name})[name] for secret, (store, name) in stores.items()}

    def __getattr__(self, method: str) -> Any:
        def call(secret: str, *arguments: Any, **named: Any) -> Any:
            store, name = self._stores[secret]
            self.asked.append((secret, method))
            return getattr(store, method)(name, *arguments, **named)

        return call


class Renamed:
    """Both names on AWS, under its rules for labels, and the service that issued the values."""

    def __init__(self, strategy: object = None) -> None:
        self.world = World()
        self.old, self.new = MemoryStore(self.world), MemoryStore(self.world)
        self.new.first_is_current = True
        self.service = ServiceRotator(self.world)
        self.store = Names(old=(self.old, SECRET), new=(self.new, SECRET))
        store = cast("SecretStore", self.store)
        strategies: Any = {NEW: strategy or self.service}
        self.rotation = RotationWorkflow(store, strategies, renaming=Renaming(store, {NEW: OLD}))
        self._sweep = Sweep(store, strategies, {NEW: SETTINGS}, self.rotation)

    def had(self, *values: str) -> None:
        """Give the old name these values, as rotations did."""
        before = RotationWorkflow(self.old, {SECRET: self.service})
        for token in values:
            self.old.begin(token)
            for step in RotationStep:
                before.step(step, SECRET, token)

    def rotate(self, token: str = "t" * 32) -> None:
        if token not in self.new.versions:
            self.new.begin(token)
        for step in RotationStep:
            self.rotation.step(step, NEW, token)

    def sweep(self) -> None:
        self._sweep.run(self.world.now)

    def values(self, store: MemoryStore) -> tuple[str | None, str | None]:
        return store.value(store.bearer("current")), store.value(store.bearer("previous"))

    def assert_moved(self, issued: int) -> None:
        assert self.values(self.new) == self.values(self.old)
        assert len(self.service.issued) == issued
        assert (self.service.abandoned, self.service.refused) == ([], set())
        assert {method for secret, method in self.store.asked if secret == OLD} <= {"state", "read"}


def test_the_first_rotation_brings_the_current_and_the_previous_value() -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    renamed.rotate()
    renamed.assert_moved(2)
    assert None not in renamed.values(renamed.new)


def test_an_old_name_that_was_never_rotated_again_has_one_value_to_bring() -> None:
    renamed = Renamed()
    renamed.had("a")
    renamed.rotate()
    renamed.assert_moved(1)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 28))
def test_a_move_that_is_killed_at_any_call_is_finished_by_the_next_attempt(call: int, before: bool) -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    with contextlib.suppress(Kill):
        renamed.world.attempt(renamed.rotate, Fault(call, before, error=Kill))
    renamed.rotate()
    renamed.assert_moved(2)


def other_shape() -> RandomRotator:
    """A strategy whose values look different from those under the old name."""
    return RandomRotator(ShapeSettings("0123456789abcdef", 64, "new_"))


@pytest.mark.parametrize("had", [("a",), ("a", "b")], ids=["one", "two"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 28))
def test_values_of_another_shape_are_moved_as_they_are(call: int, before: bool, had: tuple[str, ...]) -> None:
    renamed = Renamed(other_shape())
    renamed.had(*had)
    with contextlib.suppress(Kill):
        renamed.world.attempt(renamed.rotate, Fault(call, before, error=Kill))
    renamed.rotate()
    renamed.assert_moved(len(had))


def test_no_service_is_told_of_values_that_are_in_use_already() -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    renamed.world.calls.clear()
    renamed.rotate()
    renamed.rotate()
    assert {"issue", "accept", "login", "refuse", "abandon"}.isdisjoint(renamed.world.calls)


def test_the_sweep_leaves_a_move_to_the_rotation_that_has_begun() -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    renamed.new.begin("t" * 32)
    renamed.sweep()
    assert renamed.values(renamed.new) == (None, None)
    renamed.rotate()
    renamed.assert_moved(2)


def test_after_somebody_went_back_to_the_previous_value_the_next_one_is_new() -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    renamed.rotate()
    current, previous = renamed.new.bearer("current"), renamed.new.bearer("previous")
    assert current is not None
    assert previous is not None
    renamed.new.promote(SECRET, previous, current)
    renamed.new.cancel()
    renamed.rotate("u" * 32)
    assert renamed.values(renamed.new)[0] == renamed.service.issued[2]


def test_the_rotation_after_it_makes_a_value_of_its_own() -> None:
    renamed = Renamed()
    renamed.had("a", "b")
    renamed.rotate()
    renamed.rotate("u" * 32)
    assert renamed.values(renamed.new) == (renamed.service.issued[2], renamed.service.issued[1])
    assert renamed.values(renamed.old) == (renamed.service.issued[1], renamed.service.issued[0])


def test_an_old_name_without_a_value_leaves_the_first_one_to_the_rotation() -> None:
    renamed = Renamed()
    renamed.rotate()
    assert renamed.values(renamed.new) == (renamed.service.issued[0], None)


def test_what_a_person_brought_is_moved_by_the_sweep() -> None:
    renamed = Renamed(ManualRotator())
    renamed.had("a", "b")
    renamed.new.enabled = False
    renamed.sweep()
    renamed.sweep()
    renamed.assert_moved(2)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 24))
def test_a_sweep_that_is_killed_while_it_moves_is_finished_by_the_next_one(call: int, before: bool) -> None:
    renamed = Renamed(ManualRotator())
    renamed.had("a", "b")
    with contextlib.suppress(Kill):
        renamed.world.attempt(renamed.sweep, Fault(call, before, error=Kill))
    renamed.sweep()
    renamed.assert_moved(2)


def test_a_value_that_a_person_brought_under_the_new_name_stays() -> None:
    renamed = Renamed(ManualRotator())
    renamed.had("a")
    renamed.new.begin("by-hand")
    renamed.new.versions["by-hand"].value = "brought"
    renamed.new.versions["by-hand"].labels.add("current")
    renamed.sweep()
    assert renamed.values(renamed.new) == ("brought", None)


def test_the_names_of_versions_are_accepted_by_both_clouds() -> None:
    for token in (previous_token(OLD), Renaming(cast("SecretStore", None), {NEW: OLD}).token(NEW)):
        assert token is not None
        assert 32 <= len(token) <= 63


class RenamedOnGcp:
    """Both names on GCP, where a message begins a rotation and the sweep finishes it."""

    def __init__(self) -> None:
        self.world = World()
        self.old, self.new = FakeSecretManager(self.world), FakeSecretManager(self.world)
        self.service = ServiceRotator(self.world)
        stores = {key: GcpSecretStore(cloud, NUMBER, self.pause) for key, cloud in self.clouds().items()}
        store = cast("SecretStore", Names(**{key: (one, NAME) for key, one in stores.items()}))
        strategies: Any = {NEW: self.service}
        before = RotationWorkflow(stores["old"], {NAME: self.service}, self.pause)
        for message in ("message-1", "message-2"):
            self.pause(60)
            before.run(NAME, message, self.world.now)
        self.rotation = RotationWorkflow(store, strategies, self.pause, Renaming(store, {NEW: OLD}))
        self._sweep = Sweep(store, strategies, {NEW: SETTINGS}, self.rotation, finishes=True)

    def clouds(self) -> dict[str, FakeSecretManager]:
        return {"old": self.old, "new": self.new}

    def pause(self, seconds: float) -> None:
        self.world.now += dt.timedelta(seconds=seconds)

    def message(self) -> None:
        self.rotation.run(NEW, "message-3", LATER)

    def sweep(self) -> None:
        self.pause(7200)
        self._sweep.run(self.world.now)

    def assert_moved(self) -> None:
        for label in ("current", "previous"):
            assert self.new.value(label) == self.old.value(label) is not None
        assert len(self.service.issued) == 2
        assert (self.service.abandoned, self.service.refused) == ([], set())


@pytest.fixture
def on_gcp(monkeypatch: pytest.MonkeyPatch) -> RenamedOnGcp:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    renamed = RenamedOnGcp()
    monkeypatch.setattr(clock, "now", lambda: renamed.world.now)
    return renamed


def test_the_first_message_on_gcp_brings_both_values(on_gcp: RenamedOnGcp) -> None:
    on_gcp.message()
    on_gcp.assert_moved()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 40))
def test_a_message_that_is_killed_while_it_moves_is_finished_by_the_sweep(
    on_gcp: RenamedOnGcp, call: int, before: bool
) -> None:
    with contextlib.suppress(Kill):
        on_gcp.world.attempt(on_gcp.message, Fault(call, before, error=Kill))
    on_gcp.sweep()
    on_gcp.assert_moved()
