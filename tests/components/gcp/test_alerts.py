"""Alerts: what goes wrong reaches people, on the first deployment as well."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from keystead.packaging import contract
from tests.local_gcp.conftest import DEV, LocalCloud, start
from tests.local_process import until

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

HOUR, DAY = 3600, 86_400
POLICY = "monitoring/alertPolicy:AlertPolicy"


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision(SHOP)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("rotation-failed", contract.ROTATION_FAILED),
        ("rotation-late", contract.ROTATION_LATE),
        ("manual-rotation-due", contract.MANUAL_ROTATION_DUE),
    ],
)
def test_an_event_in_the_rotators_log_is_told(prod: Provisioned, name: str, event: str) -> None:
    (condition,) = prod.of(POLICY)[name].inputs["conditions"]
    assert condition["conditionMatchedLog"]["filter"] == (
        'resource.type="cloud_run_revision" AND resource.labels.service_name="prod-rotator" '
        f'AND jsonPayload.event="{event}"'
    )
    assert "notificationRateLimit" in prod.of(POLICY)[name].inputs["alertStrategy"]


def test_a_failure_that_every_sweep_meets_anew_stays_told_within_googles_20_notifications_a_day(
    prod: Provisioned,
) -> None:
    (sweep,) = prod.of("cloudscheduler/job:Job").values()
    assert re.fullmatch(r"\d+ \* \* \* \*", sweep.inputs["schedule"])
    strategy = prod.of(POLICY)["rotation-failed"].inputs["alertStrategy"]
    assert seconds(strategy["autoClose"]) > HOUR
    assert DAY / seconds(strategy["notificationRateLimit"]["period"]) <= 20


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    running = start(tmp_path)
    yield running
    running.stop()


def test_a_failure_that_every_sweep_meets_anew_is_one_incident_until_it_ends(
    prod: Provisioned, cloud: LocalCloud
) -> None:
    policy = prod.of(POLICY)["rotation-failed"].inputs
    body = {name: policy[name] for name in ("displayName", "combiner", "conditions", "alertStrategy")}
    cloud.ok("POST", f"/v3/projects/{DEV}/alertPolicies", body)
    resource = {"type": "cloud_run_revision", "labels": {"service_name": "prod-rotator"}}
    failed = {"event": contract.ROTATION_FAILED, "secret": "all", "step": "sweep"}
    entry = {"logName": f"projects/{DEV}/logs/rotator", "jsonPayload": failed, "resource": resource}

    def incidents() -> list[str]:
        return [one["state"] for one in cloud.ask("incidents")[0]["incidents"]]

    for _sweep in range(3):
        cloud.ok("POST", "/v2/entries:write", {"entries": [entry]})
        until(lambda: incidents() == ["OPEN"])
        cloud.advance(HOUR - 1)
        assert incidents() == ["OPEN"]
    cloud.advance(2 * HOUR)
    assert incidents() == ["CLOSED"]


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_a_day_without_a_sweep_is_told_even_where_there_never_was_one(prod: Provisioned) -> None:
    (metric,) = prod.of("logging/metric:Metric").values()
    assert f'jsonPayload.event="{contract.SWEEP_DONE}"' in metric.inputs["filter"]
    (condition,) = prod.of(POLICY)["rotation-unwatched"].inputs["conditions"]
    absent = condition["conditionPrometheusQueryLanguage"]
    assert metric.inputs["name"] == "prod-rotation-sweep"
    counted = 'logging_googleapis_com:user_prod_rotation_sweep{monitored_resource="cloud_run_revision"}[1d]'
    assert absent["query"] == f"absent_over_time({counted}) or sum(increase({counted})) < 1"


def test_no_policy_waits_for_a_metric_that_is_just_being_made(prod: Provisioned) -> None:
    for policy in prod.of(POLICY).values():
        for condition in policy.inputs["conditions"]:
            assert "logging.googleapis.com/user/" not in str(condition)
            asked = condition.get("conditionPrometheusQueryLanguage")
            assert asked is None or asked["disableMetricValidation"] is True


def test_dead_letters_are_told_for_as_long_as_they_wait(prod: Provisioned) -> None:
    (condition,) = prod.of(POLICY)["rotation-given-up"].inputs["conditions"]
    waiting = condition["conditionThreshold"]
    assert 'resource.labels.subscription_id="prod-rotation-dead-letters"' in waiting["filter"]
    assert (waiting["comparison"], waiting["thresholdValue"]) == ("COMPARISON_GT", 0)


def test_every_policy_tells_every_address(prod: Provisioned) -> None:
    channels = prod.of("monitoring/notificationChannel:NotificationChannel")
    assert {one.inputs["labels"]["email_address"] for one in channels.values()} == {"oncall@acme.example"}
    assert all(len(one.inputs["notificationChannels"]) == 1 for one in prod.of(POLICY).values())
    assert len(prod.of(POLICY)) == 5
