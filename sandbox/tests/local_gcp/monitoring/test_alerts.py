import base64
from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, LocalCloud
from tests.local_process import until

DAY, HOUR = 86_400, 3600
POLICIES = f"/v3/projects/{DEV}/alertPolicies"
LIMITED = {"notificationRateLimit": {"period": "300s"}, "autoClose": "1800s"}


def policy(name: str, condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"displayName": name, "combiner": "OR", "conditions": [{"displayName": "c", **condition}], **more}


def log_match(text: str) -> dict[str, Any]:
    return {"conditionMatchedLog": {"filter": text}}


def states(cloud: LocalCloud, name: str = "") -> list[str]:
    found = cloud.ask("incidents")[0]["incidents"]
    return [one["state"] for one in found if not name or one["displayName"] == name]


def write(cloud: LocalCloud, event: str, service: str = "dev-rotator") -> None:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": service}}
    entry = {"logName": f"projects/{DEV}/logs/rotator", "jsonPayload": {"event": event}, "resource": resource}
    cloud.ok("POST", "/v2/entries:write", {"entries": [entry]})


def test_an_error_in_the_log_opens_an_incident_once(own_cloud: LocalCloud) -> None:
    wanted = 'jsonPayload.event="rotation_failed"'
    metric = {"name": "failures", "filter": wanted, "metricDescriptor": {"metricKind": "DELTA", "valueType": "INT64"}}
    own_cloud.ok("POST", f"/v2/projects/{DEV}/metrics", metric)
    threshold = {
        "filter": 'metric.type="logging.googleapis.com/user/failures" AND resource.type="global"',
        "comparison": "COMPARISON_GT",
        "thresholdValue": 0,
        "duration": "0s",
        "aggregations": [{"alignmentPeriod": "300s"}],
    }
    policy = {
        "displayName": "rotation failed",
        "combiner": "OR",
        "conditions": [{"displayName": "c", "conditionThreshold": threshold}],
    }
    own_cloud.ok("POST", f"/v3/projects/{DEV}/alertPolicies", policy)
    own_cloud.advance(1)
    assert own_cloud.ask("incidents")[0]["incidents"] == []
    entry = {"logName": f"projects/{DEV}/logs/rotator", "jsonPayload": {"event": "rotation_failed"}}
    own_cloud.ok("POST", "/v2/entries:write", {"entries": [entry]})
    (incident,) = until(lambda: own_cloud.ask("incidents")[0]["incidents"])
    assert (incident["displayName"], incident["state"]) == ("rotation failed", "OPEN")
    own_cloud.advance(DAY)
    assert [one["state"] for one in own_cloud.ask("incidents")[0]["incidents"]] == ["CLOSED"]


def test_a_matched_log_opens_an_incident_for_its_service_only(own_cloud: LocalCloud) -> None:
    wanted = """resource.type="cloud_run_revision" AND resource.labels.service_name="dev-rotator"
        AND (jsonPayload.event="rotation_failed" OR jsonPayload.event="rotation_late")"""
    write(own_cloud, "rotation_failed")
    own_cloud.ok("POST", POLICIES, policy("failed", log_match(wanted), alertStrategy=LIMITED))
    write(own_cloud, "rotation_failed", "prod-rotator")
    write(own_cloud, "sweep_done")
    own_cloud.advance(1)
    assert states(own_cloud) == []
    write(own_cloud, "rotation_late")
    until(lambda: states(own_cloud) == ["OPEN"])
    own_cloud.advance(HOUR)
    assert states(own_cloud) == ["CLOSED"]


def test_unread_dead_letters_open_an_incident(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("dev-rotation-dead-letters")
    own_cloud.ok("PUT", f"/v1/projects/{DEV}/subscriptions/dev-rotation-dead-letters", {"topic": topic})
    threshold = {
        "filter": 'resource.type = "pubsub_subscription" AND '
        'resource.labels.subscription_id = "dev-rotation-dead-letters" AND '
        'metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages"',
        "comparison": "COMPARISON_GT",
        "thresholdValue": 0,
        "duration": "0s",
    }
    own_cloud.ok("POST", POLICIES, policy("dead", {"conditionThreshold": threshold}))
    own_cloud.advance(1)
    assert states(own_cloud) == []
    data = base64.b64encode(b"dead").decode()
    own_cloud.ok("POST", f"/v1/{topic}:publish", {"messages": [{"data": data}]})
    until(lambda: states(own_cloud) == ["OPEN"])
    (found,) = own_cloud.pulled("dev-rotation-dead-letters")
    taken = {"ackIds": [found["ackId"]]}
    own_cloud.ok("POST", f"/v1/projects/{DEV}/subscriptions/dev-rotation-dead-letters:acknowledge", taken)
    own_cloud.advance(HOUR)
    assert states(own_cloud) == ["CLOSED"]


def test_a_sweep_that_no_longer_comes_opens_an_incident(own_cloud: LocalCloud) -> None:
    wanted = {"name": "dev-rotation-sweep", "filter": 'jsonPayload.event="sweep_done"'}
    own_cloud.ok("POST", f"/v2/projects/{DEV}/metrics", wanted)
    query = (
        'absent_over_time(logging_googleapis_com:user_dev_rotation_sweep{monitored_resource="cloud_run_revision"}[1d])'
    )
    condition = {"query": query, "duration": "7200s", "evaluationInterval": "300s", "disableMetricValidation": True}
    own_cloud.ok("POST", POLICIES, policy("silent", {"conditionPrometheusQueryLanguage": condition}))
    write(own_cloud, "sweep_done")
    own_cloud.advance(DAY + HOUR)
    assert states(own_cloud) == []
    own_cloud.advance(2 * HOUR)
    assert states(own_cloud) == ["OPEN"]
    write(own_cloud, "sweep_done")
    own_cloud.advance(HOUR)
    assert states(own_cloud) == ["CLOSED"]


def test_a_sweep_that_never_came_opens_an_incident(own_cloud: LocalCloud) -> None:
    query = "absent_over_time(logging_googleapis_com:user_never_seen[1d])"
    condition = {"query": query, "duration": "7200s", "disableMetricValidation": True}
    own_cloud.ok("POST", POLICIES, policy("never", {"conditionPrometheusQueryLanguage": condition}))
    own_cloud.advance(HOUR)
    assert states(own_cloud) == []
    own_cloud.advance(2 * HOUR)
    assert states(own_cloud) == ["OPEN"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (policy("x", log_match('a="b"')), 400, "notification_rate_limit"),
        ({**policy("x", log_match('a="b"'), alertStrategy=LIMITED), "conditions": []}, 400, "one to six"),
        (policy("", log_match('a="b"'), alertStrategy=LIMITED), 400, "display_name"),
        (
            policy("x", {"conditionThreshold": {"filter": 'metric.type="logging.googleapis.com/user/no"'}}),
            404,
            "10 minutes",
        ),
        (policy("x", {"conditionThreshold": {"filter": 'resource.type="a"'}}), 400, "valid combination"),
        (policy("x", {"conditionPrometheusQueryLanguage": {"query": "up == 0"}}), 400, "absent_over_time"),
        (policy("x", log_match('a="b"'), alertStrategy=LIMITED, notificationChannels=["projects/p/x"]), 404, "channel"),
    ],
)
def test_a_policy_google_would_not_take_is_refused(
    cloud: LocalCloud, body: dict[str, Any], code: int, words: str
) -> None:
    answer = cloud.call("POST", POLICIES, body)
    assert (answer.code, answer.body["error"]["code"]) == (code, code)
    assert words in answer.message


def test_a_channel_in_use_stays(cloud: LocalCloud) -> None:
    body = {"type": "email", "displayName": "team", "labels": {"email_address": "team@example.com"}}
    channel = cloud.ok("POST", f"/v3/projects/{DEV}/notificationChannels", body)["name"]
    made = policy("told", log_match('a="b"'), alertStrategy=LIMITED, notificationChannels=[channel])
    created = cloud.ok("POST", POLICIES, made)
    assert cloud.call("DELETE", f"/v3/{channel}").status == "INVALID_ARGUMENT"
    cloud.ok("PATCH", f"/v3/{created['name']}?updateMask=displayName", {"displayName": "renamed"})
    assert cloud.ok("GET", f"/v3/{created['name']}")["conditions"] == created["conditions"]
    cloud.ok("DELETE", f"/v3/{created['name']}")
    cloud.ok("DELETE", f"/v3/{channel}")


def test_a_bucket_of_logs_keeps_what_its_sink_takes_for_its_days(own_cloud: LocalCloud) -> None:
    bucket = f"projects/{DEV}/locations/us-east1/buckets/dev-rotator"
    made = own_cloud.ok(
        "POST", f"/v2/projects/{DEV}/locations/us-east1/buckets?bucketId=dev-rotator", {"retentionDays": 10}
    )
    assert (made["name"], made["lifecycleState"], made["retentionDays"]) == (bucket, "ACTIVE", 10)
    sink = {"name": "rotator", "destination": f"logging.googleapis.com/{bucket}", "filter": 'jsonPayload.event="kept"'}
    assert "writerIdentity" not in own_cloud.ok("POST", f"/v2/projects/{DEV}/sinks?uniqueWriterIdentity=true", sink)
    write(own_cloud, "kept")
    write(own_cloud, "other")
    asked = {"resourceNames": [f"{bucket}/views/_AllLogs"]}
    (entry,) = own_cloud.ok("POST", "/v2/entries:list", asked)["entries"]
    assert entry["jsonPayload"]["event"] == "kept"
    own_cloud.advance(11 * DAY)
    assert own_cloud.ok("POST", "/v2/entries:list", asked) == {}
    own_cloud.ok("DELETE", f"/v2/{bucket}")
    assert own_cloud.ok("GET", f"/v2/{bucket}")["lifecycleState"] == "DELETE_REQUESTED"
    own_cloud.advance(8 * DAY)
    assert own_cloud.call("GET", f"/v2/{bucket}").code == 404
    assert own_cloud.ok("GET", f"/v2/projects/{DEV}/locations/global/buckets/_Default")["retentionDays"] == 30


def test_putting_a_metric_replaces_all_of_it(cloud: LocalCloud) -> None:
    path = f"/v2/projects/{DEV}/metrics"
    made = cloud.ok("POST", path, {"name": "put", "filter": 'a="b"', "description": "old"})
    changed = cloud.ok("PUT", f"{path}/put", {"name": "put", "filter": 'a="c"'})
    assert (changed["filter"], changed["createTime"]) == ('a="c"', made["createTime"])
    assert "description" not in changed
    assert cloud.ok("PUT", f"{path}/put-new", {"name": "put-new", "filter": 'a="b"'})["name"] == "put-new"
