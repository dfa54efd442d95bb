import base64
import json
from typing import Any

from tests.local_gcp.conftest import DEV, NUMBERS, LocalCloud

DAY = 86_400
SUBSCRIPTIONS = f"/v1/projects/{DEV}/subscriptions"


def subscribe(cloud: LocalCloud, name: str, topic: str, **body: Any) -> str:
    cloud.ok("PUT", f"{SUBSCRIPTIONS}/{name}", {"topic": topic, **body})
    return name


def publish(cloud: LocalCloud, topic: str, text: str) -> None:
    data = base64.b64encode(text.encode()).decode()
    cloud.ok("POST", f"/v1/{topic}:publish", {"messages": [{"data": data}]})


def texts(received: list[Any]) -> list[str]:
    return [base64.b64decode(one["message"].get("data", "")).decode() for one in received]


def rotating(cloud: LocalCloud, name: str, topic: str, **rotation: str) -> str:
    body: dict[str, Any] = {"topics": [{"name": topic}], "rotation": rotation}
    return cloud.secret(name, **body)


def test_every_subscription_gets_a_message_until_it_is_acknowledged(cloud: LocalCloud) -> None:
    topic = cloud.topic("fan")
    names = [subscribe(cloud, f"fan-{number}", topic) for number in range(2)]
    publish(cloud, topic, "hello")
    first, second = (cloud.pulled(name) for name in names)
    assert texts(first) == texts(second) == ["hello"]
    assert cloud.pulled(names[0]) == []
    cloud.ok("POST", f"{SUBSCRIPTIONS}/{names[0]}:acknowledge", {"ackIds": [first[0]["ackId"]]})
    cloud.ok(
        "POST",
        f"{SUBSCRIPTIONS}/{names[1]}:modifyAckDeadline",
        {"ackIds": [second[0]["ackId"]], "ackDeadlineSeconds": 0},
    )
    assert cloud.pulled(names[0]) == []
    assert texts(cloud.pulled(names[1])) == ["hello"]


def test_an_update_mask_is_taken_from_the_query_as_well(cloud: LocalCloud) -> None:
    """The official provider sends it there; Google's own clients send it in the body."""
    topic = cloud.topic("masked")
    changed = {"topic": {"name": topic, "labels": {"team": "a"}, "messageRetentionDuration": "600s"}}
    assert "messageRetentionDuration" not in cloud.ok("PATCH", f"/v1/{topic}?updateMask=labels", changed)
    assert cloud.ok("GET", f"/v1/{topic}")["labels"] == {"team": "a"}
    subscribe(cloud, "masked", topic)
    body = {"subscription": {"ackDeadlineSeconds": 30, "labels": {"team": "a"}}}
    shown = cloud.ok("PATCH", f"{SUBSCRIPTIONS}/masked?updateMask=ackDeadlineSeconds", body)
    assert (shown["ackDeadlineSeconds"], shown.get("labels")) == (30, None)
    assert "unknown field 'nothing'" in cloud.call("PATCH", f"/v1/{topic}?updateMask=nothing", changed).message


def test_a_filter_lets_through_what_it_names(cloud: LocalCloud) -> None:
    topic = cloud.topic("filtered")
    wanted = 'attributes.eventType = "SECRET_CREATE" OR attributes.eventType = "SECRET_ROTATE"'
    subscribe(cloud, "filtered", topic, filter=wanted)
    subscribe(cloud, "prefixed", topic, filter='hasPrefix(attributes.eventType, "SECRET_") AND NOT attributes:other')
    for event in ("SECRET_CREATE", "SECRET_UPDATE", "SECRET_ROTATE", "TOPIC_CONFIGURED"):
        cloud.ok("POST", f"/v1/{topic}:publish", {"messages": [{"attributes": {"eventType": event}}]})
    for name, expected in (("filtered", ["CREATE", "ROTATE"]), ("prefixed", ["CREATE", "UPDATE", "ROTATE"])):
        seen = [one["message"]["attributes"]["eventType"].removeprefix("SECRET_") for one in cloud.pulled(name)]
        assert seen == expected
    changed = {"subscription": {"filter": "attributes:x"}, "updateMask": "filter"}
    assert cloud.call("PATCH", f"{SUBSCRIPTIONS}/filtered", changed).status == "INVALID_ARGUMENT"
    assert cloud.call("PUT", f"{SUBSCRIPTIONS}/data", {"topic": topic, "filter": 'data = "x"'}).code == 400


def test_a_message_is_delivered_again_when_its_deadline_passes(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("again")
    subscribe(own_cloud, "again", topic, ackDeadlineSeconds=60)
    publish(own_cloud, topic, "x")
    assert texts(own_cloud.pulled("again")) == ["x"]
    own_cloud.advance(59)
    assert own_cloud.pulled("again") == []
    own_cloud.advance(2)
    assert texts(own_cloud.pulled("again")) == ["x"]


def test_publishing_needs_the_right_on_the_topic(cloud: LocalCloud) -> None:
    topic = cloud.topic("closed")
    token = cloud.impersonate(cloud.account("no-publisher"))
    answer = cloud.call("POST", f"/v1/{topic}:publish", {"messages": [{"data": "eA=="}]}, token=token)
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")


def test_a_push_address_outside_the_cloud_must_be_https(cloud: LocalCloud) -> None:
    body = {"topic": cloud.topic("plain-push"), "pushConfig": {"pushEndpoint": "http://127.0.0.1:9/"}}
    answer = cloud.call("PUT", f"{SUBSCRIPTIONS}/plain-push", body)
    assert answer.status == "INVALID_ARGUMENT"


def test_a_message_that_fails_too_often_becomes_a_dead_letter(own_cloud: LocalCloud) -> None:
    topic, dead = own_cloud.topic("work"), own_cloud.topic("dead")
    subscribe(own_cloud, "dead", dead)
    policy = {"deadLetterTopic": dead, "maxDeliveryAttempts": 5}
    nowhere = f"{own_cloud.plain}/_functions/projects/{DEV}/locations/us-east1/functions/nowhere"
    subscribe(own_cloud, "work", topic, deadLetterPolicy=policy, retryPolicy={}, pushConfig={"pushEndpoint": nowhere})
    publish(own_cloud, topic, "poison")
    own_cloud.advance(3600)
    assert own_cloud.pulled("dead") == []
    agent = f"serviceAccount:service-{NUMBERS[DEV]}@gcp-sa-pubsub.iam.gserviceaccount.com"
    own_cloud.grant(f"/v1/{dead}", "roles/pubsub.publisher", agent)
    own_cloud.grant(f"{SUBSCRIPTIONS}/work", "roles/pubsub.subscriber", agent)
    own_cloud.advance(2 * 3600)
    (found,) = own_cloud.pulled("dead")
    assert texts([found]) == ["poison"]
    assert found["message"]["attributes"]["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"


def test_a_secrets_topic_must_admit_the_service_agent(cloud: LocalCloud) -> None:
    topic = cloud.topic("refusing")
    cloud.agent()
    body = {"replication": {"automatic": {}}, "topics": [{"name": topic}]}
    answer = cloud.call("POST", f"/v1/projects/{DEV}/secrets?secretId=refused-topic", body)
    assert answer.status == "FAILED_PRECONDITION"
    assert "pubsub.topics.publish" in answer.message


def test_rotation_messages_come_on_time_and_in_order(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("rotations")
    own_cloud.grant(f"/v1/{topic}", "roles/pubsub.publisher", f"serviceAccount:{own_cloud.agent()}")
    subscribe(own_cloud, "rotations", topic)
    start = own_cloud.timestamp(30 * DAY)
    rotating(own_cloud, "monthly", topic, rotationPeriod=f"{30 * DAY}s", nextRotationTime=start)
    rotating(own_cloud, "once", topic, nextRotationTime=own_cloud.timestamp(45 * DAY))
    events = [event for event in own_cloud.advance(95 * DAY) if event["kind"] == "rotation"]
    assert [event["name"].rpartition("/")[2] for event in events] == ["monthly", "once", "monthly", "monthly"]
    offsets = [event["offset"] for event in events]
    assert offsets == sorted(offsets)
    sent = [one["message"]["attributes"] for one in own_cloud.pulled("rotations", 20)]
    due = [one for one in sent if one["eventType"] == "SECRET_ROTATE"]
    assert [one["secretId"].rpartition("/")[2] for one in due] == ["monthly", "once", "monthly", "monthly"]
    assert due[0]["secretId"] == f"projects/{NUMBERS[DEV]}/secrets/monthly"
    assert "rotation" not in own_cloud.ok("GET", f"/v1/projects/{DEV}/secrets/once")


def test_a_scheduled_job_publishes_and_stops_when_it_is_paused(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("ticks")
    subscribe(own_cloud, "ticks", topic)
    jobs = f"/v1/projects/{DEV}/locations/us-east1/jobs"
    name = f"projects/{DEV}/locations/us-east1/jobs/tick"
    target = {"topicName": topic, "data": base64.b64encode(b"tick").decode()}
    own_cloud.ok("POST", jobs, {"name": name, "schedule": "0 3 * * *", "pubsubTarget": target})
    own_cloud.advance(3 * DAY)
    assert texts(own_cloud.pulled("ticks")) == ["tick"] * 3
    own_cloud.ok("POST", f"/v1/{name}:pause", {})
    own_cloud.advance(3 * DAY)
    assert set(texts(own_cloud.pulled("ticks"))) == {"tick"}
    assert (
        own_cloud.call("POST", jobs, {"name": f"{name}-2", "schedule": "61 * * * *", "pubsubTarget": target}).code
        == 400
    )


def test_reading_a_secret_is_logged_when_data_access_logs_are_on(cloud: LocalCloud) -> None:
    path = cloud.secret("watched", "value-that-must-not-be-logged")
    wanted = {"resourceNames": [f"projects/{DEV}"], "filter": 'protoPayload.methodName:"AccessSecretVersion"'}
    cloud.read(path)
    assert cloud.ok("POST", "/v2/entries:list", wanted) == {}
    policy = cloud.ok("POST", f"/v1/projects/{DEV}:getIamPolicy", {})
    policy["auditConfigs"] = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]
    cloud.ok("POST", f"/v1/projects/{DEV}:setIamPolicy", {"policy": policy})
    cloud.read(path)
    cloud.ok("GET", path)
    (entry,) = cloud.ok("POST", "/v2/entries:list", wanted)["entries"]
    assert entry["protoPayload"]["authenticationInfo"]["principalEmail"] == f"deployer@{DEV}.iam.gserviceaccount.com"
    assert "must-not-be-logged" not in json.dumps(entry)


def test_reading_a_secrets_metadata_is_logged_when_admin_read_logs_are_on(own_cloud: LocalCloud) -> None:
    path = own_cloud.secret("looked-at")
    wanted = {"resourceNames": [f"projects/{DEV}"], "filter": 'protoPayload.methodName:"GetSecret"'}
    own_cloud.ok("GET", path)
    assert own_cloud.ok("POST", "/v2/entries:list", wanted) == {}
    policy = own_cloud.ok("POST", f"/v1/projects/{DEV}:getIamPolicy", {})
    logs = [{"logType": "ADMIN_READ"}]
    policy["auditConfigs"] = [{"service": "secretmanager.googleapis.com", "auditLogConfigs": logs}]
    own_cloud.ok("POST", f"/v1/projects/{DEV}:setIamPolicy", {"policy": policy})
    own_cloud.ok("GET", path)
    assert len(own_cloud.ok("POST", "/v2/entries:list", wanted)["entries"]) == 1
