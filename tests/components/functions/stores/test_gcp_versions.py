"""What becomes of versions and their labels: retired, orphaned, moved by hand, damaged on the way."""

import contextlib
import datetime as dt

import pytest
from keystead.functions.shared import clock
from keystead.functions.shared.errors import CorruptedError, LabelMovedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import portable

from tests.components.functions.fake_secret_manager import NAME
from tests.components.functions.memory import Fault, Kill, World
from tests.components.functions.stores import gcp_setup
from tests.components.functions.stores.gcp_setup import Setup


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    world = World()
    monkeypatch.setattr(clock, "now", lambda: world.now)
    return gcp_setup.build(world)


def test_a_secret_that_has_a_current_version_keeps_it_when_another_is_to_be_its_first(setup: Setup) -> None:
    setup.store.seed(NAME, "first", Sensitive("value-one"))
    setup.store.seed(NAME, "second", Sensitive("value-two"))
    assert setup.cloud.value("current") == "value-one"
    assert setup.store.state(NAME).current == "first"


def test_a_repeated_retirement_and_one_out_of_time_are_no_errors(setup: Setup) -> None:
    setup.run("message-1")
    setup.run("message-2")
    setup.store.retire(NAME, "message-2")
    setup.store.retire(NAME, "never there")
    assert setup.cloud.value("previous")
    setup.store.retire(NAME, "message-1")
    setup.store.retire(NAME, "message-1")
    assert setup.store.state(NAME).previous is None
    assert setup.cloud.enabled() == {setup.cloud.aliases["current"]}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 8))
def test_a_retirement_killed_at_any_call_ends_with_the_version_destroyed(setup: Setup, call: int, before: bool) -> None:
    setup.run("message-1")
    setup.run("message-2")
    with contextlib.suppress(Kill):
        setup.world.attempt(lambda: setup.store.retire(NAME, "message-1"), Fault(call, before, error=Kill))
    if setup.store.state(NAME).previous:
        setup.store.retire(NAME, "message-1")
    setup.tidy()
    assert [version["state"] for version in setup.cloud.versions.values()] == ["DESTROYED", "ENABLED"]
    assert setup.cloud.value("current") == setup.service.issued[1]


def test_destruction_is_left_to_the_secrets_own_delay_and_asked_for_once(setup: Setup) -> None:
    setup.cloud._delay = True
    setup.run("message-1")
    setup.run("message-2")
    setup.store.retire(NAME, "message-1")
    setup.tidy()
    at = setup.cloud.versions["1"]["scheduledDestroyTime"]
    setup.tidy()
    assert setup.cloud.versions["1"]["scheduledDestroyTime"] == at
    assert setup.cloud.versions["1"]["state"] == "DISABLED"


@pytest.mark.parametrize(("minutes", "left"), [(59, True), (61, False)])
def test_an_orphan_is_destroyed_after_an_hour_and_not_before(setup: Setup, minutes: int, left: bool) -> None:
    setup.run("message-1")
    orphan = setup.cloud.add("added by a try that died")
    setup.world.now += dt.timedelta(minutes=minutes)
    setup.store.tidy(NAME, unattended=True)
    assert (orphan in setup.cloud.enabled()) is left
    assert setup.cloud.value("current") in setup.service.accepted


def test_a_version_that_a_person_added_stays_where_people_bring_the_values(setup: Setup) -> None:
    setup.run("message-1")
    added = setup.cloud.add("brought, not yet made current")
    setup.tidy(unattended=False)
    assert added in setup.cloud.enabled()
    setup.run("message-2")
    setup.run("message-3")
    setup.tidy(unattended=False)
    assert setup.cloud.enabled() == {setup.cloud.aliases["current"], setup.cloud.aliases["previous"]}


def test_a_version_changed_while_the_sweep_looks_is_left_to_the_next_one(setup: Setup) -> None:
    setup.run("message-1")
    orphan = setup.cloud.add("orphan")

    def enable() -> None:
        setup.cloud.versions[orphan]["etag"] = '"changed"'

    setup.world.now += dt.timedelta(hours=2)
    fault = Fault("POST version:destroy", meanwhile=enable)
    setup.world.attempt(lambda: setup.store.tidy(NAME, unattended=True), fault)
    assert orphan in setup.cloud.enabled()


def test_a_value_labelled_by_hand_is_the_current_one_and_the_time_is_recorded(setup: Setup) -> None:
    number = setup.cloud.add("put by hand")
    setup.cloud.aliases = {"current": number}
    assert setup.store.state(NAME).current == "version-1"
    assert setup.store.read(NAME, "version-1") == Sensitive("put by hand")
    assert setup.store.current_since(NAME) == setup.world.now
    noted = setup.world.now + dt.timedelta(hours=2)
    setup.tidy()
    setup.world.now += dt.timedelta(days=1)
    assert setup.store.current_since(NAME) == noted
    setup.service.accepted.add("put by hand")
    assert setup.run("message-1") == "message-1"
    assert setup.cloud.value("previous") == "put by hand"


def test_a_time_recorded_for_another_version_does_not_count(setup: Setup) -> None:
    setup.run("message-1")
    setup.run("message-2")
    setup.cloud.aliases["current"] = setup.cloud.aliases["message-1"]
    del setup.cloud.aliases["previous"]
    setup.world.now += dt.timedelta(days=5)
    assert setup.store.current_since(NAME) == setup.world.now
    setup.tidy()
    assert setup.store.current_since(NAME) == setup.world.now
    assert sum(alias.startswith("since-") for alias in setup.cloud.aliases) == 1


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_a_pending_version_that_somebody_disabled_gets_a_new_value(setup: Setup, state: str) -> None:
    setup.run("message-1")
    with pytest.raises(Kill):
        setup.world.attempt(lambda: setup.run("message-2"), Fault("accept", error=Kill))
    number = setup.cloud.aliases["pending"]
    setup.cloud.versions[number]["state"] = state
    assert setup.store.read(NAME, "message-2") is None
    assert setup.run("message-2") == "message-2"
    setup.assert_valid()
    assert setup.cloud.aliases["current"] != number


def test_a_change_of_something_else_in_the_secret_only_costs_another_try(setup: Setup) -> None:
    setup.run("message-1")

    def relabel() -> None:
        setup.cloud.changes += 1

    setup.world.attempt(lambda: setup.run("message-2"), Fault("PATCH :", meanwhile=relabel))
    setup.assert_valid()


def test_a_promotion_of_a_label_that_has_moved_is_refused(setup: Setup) -> None:
    setup.run("message-1")
    setup.run("message-2")
    with pytest.raises(LabelMovedError, match="the label current has moved meanwhile"):
        setup.store.promote(NAME, "message-1", None)
    with pytest.raises(LabelMovedError, match="version message-9 is gone"):
        setup.store.promote(NAME, "message-9", "message-2")
    setup.store.promote(NAME, "message-2", "message-1")
    assert setup.store.state(NAME).previous == "message-1"


def test_a_write_that_saw_other_labels_adds_no_version(setup: Setup) -> None:
    seen = setup.store.state(NAME)
    setup.run("message-1")
    with pytest.raises(LabelMovedError, match="another rotation has moved the labels meanwhile"):
        setup.store.write(NAME, "message-2", Sensitive("a value that came late"), seen)
    assert len(setup.cloud.versions) == 1


def test_a_secret_without_a_rotation_schedule_is_switched_off(setup: Setup) -> None:
    setup.cloud.rotation = None
    assert not setup.store.state(NAME).enabled


def test_a_binary_value_reads_as_base64(setup: Setup) -> None:
    setup.cloud.aliases = {"current": setup.cloud.add("x")}
    setup.cloud.data["1"] = b"\x00\xff"
    assert setup.store.read(NAME, "version-1") == Sensitive("AP8=")


def test_a_value_whose_checksum_does_not_fit_is_an_error(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.cloud.aliases = {"current": setup.cloud.add("canary")}
    answered = setup.cloud._access("1")
    answered["payload"]["data"] = "Y2FuYXJ5IQ=="
    monkeypatch.setattr(setup.cloud, "_access", lambda _: answered)
    with pytest.raises(CorruptedError, match="the value of version 1 arrived damaged"):
        setup.store.read(NAME, "version-1")


def test_a_value_that_google_did_not_check_is_not_labelled(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.cloud, "_add", lambda _: {"name": "x/versions/1"})
    with pytest.raises(CorruptedError, match="did not confirm the value's checksum"):
        setup.store.write(NAME, "message-1", Sensitive("canary"), setup.store.state(NAME))
    assert setup.cloud.aliases == {}


@pytest.mark.parametrize(
    "token", ["4d1f6a5e-7e7e-4f2b-9a77-7f0e8ab1c001", "current", "latest", "a b", "x" * 64, "since-1"]
)
def test_a_token_that_is_no_alias_is_stored_under_its_hash(setup: Setup, token: str) -> None:
    assert setup.run(token) == portable(token)
    assert setup.store.state(NAME).current == portable(token) != token
    assert setup.store.read(NAME, token) == setup.store.read(NAME, portable(token))
    assert portable(portable(token)) == portable(token)


def test_the_list_alone_shows_that_a_retired_version_waits_for_its_destruction(setup: Setup) -> None:
    setup.run("message-1")
    setup.world.now += dt.timedelta(days=60)
    setup.run("message-2")
    setup.world.now += dt.timedelta(days=30)
    assert not setup.store.listed({NAME})[NAME].untidy
    setup.store.retire(NAME, "message-1")
    assert setup.cloud.aliases["retired-1"] == "1"
    listed = setup.store.listed({NAME})[NAME]
    assert (listed.untidy, listed.state.previous, listed.state.versions) == (True, None, frozenset({"message-2"}))
    setup.tidy()
    assert "retired-1" not in setup.cloud.aliases
    assert setup.cloud.versions["1"]["state"] == "DESTROYED"
    setup.world.now += dt.timedelta(days=2)
    assert not setup.store.listed({NAME})[NAME].untidy


def test_a_retired_version_that_somebody_else_destroyed_is_no_longer_waited_for(setup: Setup) -> None:
    setup.run("message-1")
    setup.run("message-2")
    setup.store.retire(NAME, "message-1")
    setup.cloud.versions["1"]["state"] = "DESTROYED"
    setup.tidy()
    assert "retired-1" not in setup.cloud.aliases


def test_versions_are_looked_at_for_a_day_after_each_rotation(setup: Setup) -> None:
    setup.run("message-1")
    assert setup.store.listed({NAME, "prod-other"})[NAME].untidy
    setup.world.now += dt.timedelta(hours=27)
    assert not setup.store.listed({NAME})[NAME].untidy
    assert setup.store.listed({"prod-other"}) == {}
