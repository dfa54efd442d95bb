"""An environment that lives on GCP alone: restrictions that time ends, its keys' say over its secrets, its failures."""

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.google_client import BadRequest, Forbidden, GoogleCallError, NotFound

from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import edited

PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def shop(gcp_landscape: Project) -> Project:
    return gcp_landscape


def token(shop: Project, role: str) -> str:
    return shop.impersonate(shop.outputs["roles"][role])


def refusal(shop: Project, secret: str, role: str, version: str = "current") -> str | None:
    """Why a role does not get a value, or None where it does."""
    try:
        shop.read(secret, token(shop, role), version)
    except GoogleCallError as error:
        return type(error).__name__
    return None


def within_patience(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_SECONDS} s: {what}"
        time.sleep(0.1)


def announce(shop: Project, secret: str) -> None:
    """Say on the rotation's topic that a secret is due, as Secret Manager and `keystead rotate` do."""
    shop.sandbox.must("keystead", "rotate", secret, "--env", "shop", "--end-previous", "--no-wait")


def test_a_project_with_another_number_is_left_alone(shop: Project) -> None:
    file = shop.sandbox.project / "stacks" / "Pulumi.shop.yaml"
    honest = file.read_text()
    file.write_text(honest.replace("444444444444", "444444444445"))
    try:
        refused = shop.sandbox.run("pulumi", "preview", "-s", "shop")
    finally:
        file.write_text(honest)
    assert refused.code != 0
    assert "'444444444444'" in refused.output
    assert "correct the one that is wrong; nothing was changed" in refused.output


def test_a_window_of_hours_opens_and_closes_with_the_clock(shop: Project) -> None:
    seen = set()
    for _ in range(4):
        local = shop.now().astimezone(ZoneInfo("Europe/Berlin"))
        open_now = 6 <= local.hour < 12
        if (local.hour, local.minute) not in ((5, 59), (11, 59)):
            assert refusal(shop, "till-key", "cashier-reader") == (None if open_now else "Forbidden"), local
            seen.add(open_now)
        shop.sandbox.sandbox("advance", "6h")
    assert seen == {True, False}


def test_without_the_agents_grant_on_the_key_the_secret_is_closed(shop: Project) -> None:
    key = shop.outputs["keys"]["data"]["path"]
    before = shop.ok("GET", f"/v1/{key}:getIamPolicy?options.requestedPolicyVersion=3")
    agent = f"serviceAccount:service-{shop.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    assert any(agent in binding["members"] for binding in before["bindings"])
    without = [one for one in before["bindings"] if agent not in one["members"]]
    shop.ok("POST", f"/v1/{key}:setIamPolicy", {"policy": {"bindings": without, "version": 3}})
    assert refusal(shop, "till-key", "manager-reader") in ("BadRequest", "Forbidden")
    shop.ok("POST", f"/v1/{key}:setIamPolicy", {"policy": {"bindings": before["bindings"], "version": 3}})
    assert refusal(shop, "till-key", "manager-reader") is None


def test_with_its_key_version_disabled_the_secret_is_closed_and_opens_again_with_it(shop: Project) -> None:
    key = shop.outputs["keys"]["data"]["path"]
    versions = shop.ok("GET", f"/v1/{key}/cryptoKeyVersions")["cryptoKeyVersions"]
    for state in ("DISABLED", "ENABLED"):
        for version in versions:
            shop.ok("PATCH", f"/v1/{version['name']}?updateMask=state", {"state": state})
        assert (refusal(shop, "till-key", "manager-reader") is None) is (state == "ENABLED")


def test_a_message_that_comes_again_makes_no_second_value(shop: Project) -> None:
    first = shop.read("door-key", token(shop, "manager-reader"))
    announce(shop, "door-key")
    within_patience(lambda: shop.read("door-key", token(shop, "manager-reader")) != first, "a rotation")
    second = shop.read("door-key", token(shop, "manager-reader"))
    created = {
        "attributes": {"eventType": "SECRET_CREATE", "secretId": f"projects/{shop.number}/secrets/shop-door-key"},
        "data": "",
    }
    topic = shop.outputs["rotator"]["topic"]
    shop.ok("POST", f"/v1/{topic}:publish", {"messages": [created, created]})
    shop.sandbox.sandbox("advance", "2h")
    assert shop.read("door-key", token(shop, "manager-reader")) == second
    assert shop.read("door-key", token(shop, "manager-reader"), "previous") == first


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["secretmanager.secrets.addVersion", "secretmanager.secrets.patch"])
def test_the_function_dies_at_a_side_effect_and_the_next_delivery_completes_the_rotation(
    shop: Project, method: str, when: str
) -> None:
    before = shop.read("door-key", token(shop, "manager-reader"))
    shop.control("faults", {"method": method, "resource": "*shop-door-key*", "when": when, "kill": True})
    announce(shop, "door-key")
    within_patience(lambda: shop.control("faults", {})[0]["waiting"] == [], "the kill")
    assert shop.read("door-key", token(shop, "manager-reader")) == before
    shop.sandbox.sandbox("advance", "30m")
    within_patience(lambda: shop.read("door-key", token(shop, "manager-reader")) != before, "the next delivery")
    assert shop.read("door-key", token(shop, "manager-reader"), "previous") == before


def test_calls_that_fail_for_long_raise_the_alarm_and_keep_the_value(shop: Project) -> None:
    before = shop.read("door-key", token(shop, "manager-reader"))
    fault = {"method": "secretmanager.secrets.addVersion", "resource": "*shop-door-key*", "times": 6}
    shop.control("faults", {**fault, "status": "RESOURCE_EXHAUSTED"})
    announce(shop, "door-key")
    within_patience(lambda: any("failed" in json.dumps(one) for one in incidents(shop)), "the alert")
    assert shop.read("door-key", token(shop, "manager-reader")) == before
    shop.control("faults", {"clear": True})
    shop.sandbox.sandbox("advance", "30m")
    within_patience(lambda: shop.read("door-key", token(shop, "manager-reader")) != before, "the next delivery")


def incidents(shop: Project) -> list[Any]:
    return [one for one in shop.control("incidents")[0]["incidents"] if one.get("state", "OPEN") == "OPEN"]


def test_what_may_be_read_until_a_day_is_closed_from_that_day_on(shop: Project) -> None:
    end = (shop.now() + dt.timedelta(days=4)).strftime("%Y-%m-%d")
    edited(shop.sandbox.project, "shop", lambda spec: spec["restrictions"]["until-the-sale"].update(expires=end))
    shop.sandbox.must("pulumi", "up", "-s", "shop", "--yes", "--skip-preview")
    assert refusal(shop, "till-key", "seasonal-reader") is None
    shop.sandbox.sandbox("advance", "5d")
    assert refusal(shop, "till-key", "seasonal-reader") == "Forbidden"
    assert refusal(shop, "till-key", "manager-reader") is None


def test_who_manages_or_audits_reads_no_value(shop: Project) -> None:
    for role in ("administrator", "auditor"):
        for secret in ("till-key", "door-key"):
            with pytest.raises(Forbidden, match=r"secretmanager\.versions\.access"):
                shop.read(secret, token(shop, role))


def test_a_retired_version_is_closed_by_its_number_too(shop: Project) -> None:
    for _ in range(2):
        shop.sandbox.must("keystead", "rotate", "door-key", "--env", "shop", "--end-previous")
    while shop.sandbox.secret("shop", "door-key")["overlap_until"]:
        shop.sandbox.sandbox("advance", "6d")
    name = f"projects/{shop.number}/secrets/shop-door-key"
    versions = shop.ok("GET", f"/v1/{name}/versions?pageSize=100")["versions"]
    enabled = [one["name"].rpartition("/")[2] for one in versions if one["state"] == "ENABLED"]
    assert len(enabled) == 1
    assert len(versions) > 2
    for number in {one["name"].rpartition("/")[2] for one in versions} - set(enabled):
        with pytest.raises((BadRequest, NotFound)):
            shop.read("door-key", token(shop, "manager-reader"), number)


def scheduled(shop: Project) -> tuple[str, dt.datetime]:
    """The period and the next rotation of the safe's key as the service has them."""
    rotation = shop.ok("GET", f"/v1/projects/{shop.number}/secrets/shop-safe-key")["rotation"]
    return rotation["rotationPeriod"], dt.datetime.fromisoformat(rotation["nextRotationTime"])


def every(shop: Project, period: str) -> None:
    edited(shop.sandbox.project, "shop", lambda spec: spec["secrets"]["safe-key"]["rotation"].update(every=period))


@pytest.mark.parametrize(
    ("refreshed", "periods"), [((), (100, 30)), (("--refresh",), (70,))], ids=["plain", "refreshed"]
)
def test_a_period_is_changed_by_an_up_alone_and_no_other_up_moves_the_next_rotation(
    shop: Project, refreshed: tuple[str, ...], periods: tuple[int, ...]
) -> None:
    def up(*options: str) -> None:
        shop.sandbox.must("pulumi", "up", "-s", "shop", "--yes", "--skip-preview", *refreshed, *options)

    for days in periods:
        born = shop.read("safe-key", token(shop, "manager-reader"))
        every(shop, f"{days}d")
        if refreshed:
            shop.sandbox.must("pulumi", "preview", "-s", "shop", *refreshed)
        up()
        planned = shop.now() + dt.timedelta(days=days)
        period, following = scheduled(shop)
        assert period == f"{days * 86_400}s"
        assert abs(following - planned) < dt.timedelta(minutes=5)
        assert shop.read("safe-key", token(shop, "manager-reader")) == born
        up("--expect-no-changes")
        assert scheduled(shop) == (period, following)
        shop.sandbox.sandbox("advance", f"{days + 1}d")
        assert shop.read("safe-key", token(shop, "manager-reader")) != born
        moved = scheduled(shop)
        assert moved == (period, following + dt.timedelta(days=days))
        up("--expect-no-changes")
        assert scheduled(shop) == moved
