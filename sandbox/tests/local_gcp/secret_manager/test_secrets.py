import base64
from typing import Any

import pytest
from tests.google_client import BadRequest, Forbidden, GoogleClient
from tests.local_gcp.conftest import DEV, NUMBERS, PROD, LocalCloud

DAY = 86_400
SECRETS = f"/v1/projects/{DEV}/secrets"


def reader(cloud: LocalCloud, token: str) -> GoogleClient:
    return GoogleClient("secretmanager", cloud.plain, token)


def encrypted(cloud: LocalCloud, name: str, location: str = "global") -> tuple[str, str, str]:
    """A key the service agent may use: its path, its name and the agent."""
    key = cloud.key(f"cmek-{location}", name, location)
    agent = f"serviceAccount:{cloud.agent()}"
    cloud.grant(key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", agent)
    return key, key.removeprefix("/v1/"), agent


def automatic(key: str) -> dict[str, Any]:
    return {"replication": {"automatic": {"customerManagedEncryption": {"kmsKeyName": key}}}}


def test_googles_client_writes_and_reads_versions(cloud: LocalCloud) -> None:
    client = reader(cloud, cloud.deployer())
    secret = client.create_secret(
        parent=f"projects/{DEV}", secret_id="by-client", secret={"replication": {"automatic": {}}}
    )
    assert secret.name == f"projects/{NUMBERS[DEV]}/secrets/by-client"
    for value in (b"first", b"second"):
        client.add_secret_version(parent=secret.name, payload={"data": value})
    assert client.access_secret_version(name=f"{secret.name}/versions/1").payload.data == b"first"
    assert client.access_secret_version(name=f"{secret.name}/versions/latest").payload.data == b"second"
    client.disable_secret_version(name=f"{secret.name}/versions/2")
    with pytest.raises(BadRequest, match="is in DISABLED state"):
        client.access_secret_version(name=f"{secret.name}/versions/latest")
    client.destroy_secret_version(name=f"{secret.name}/versions/2")
    with pytest.raises(BadRequest, match="is in DESTROYED state"):
        client.enable_secret_version(name=f"{secret.name}/versions/2")


def test_a_reader_of_one_environment_is_refused_in_another(cloud: LocalCloud) -> None:
    own, foreign = cloud.secret("isolated", "dev value"), cloud.secret("isolated", "prod value", project=PROD)
    email = cloud.account("isolated-reader")
    cloud.grant(own, "roles/secretmanager.secretAccessor", f"serviceAccount:{email}")
    client = reader(cloud, cloud.impersonate(email))
    found = client.access_secret_version(name=f"{own.removeprefix('/v1/')}/versions/latest")
    assert found.payload.data == b"dev value"
    with pytest.raises(Forbidden, match=r"secretmanager\.versions\.access"):
        client.access_secret_version(name=f"{foreign.removeprefix('/v1/')}/versions/latest")


def test_an_alias_names_a_version_and_can_be_moved(cloud: LocalCloud) -> None:
    path = cloud.secret("aliased", "one")
    cloud.add(path, "two")
    cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"current": "1"}})
    assert cloud.read(path, "current") == "one"
    cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"current": "2"}})
    assert cloud.read(path, "current") == "two"
    answer = cloud.call("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"current": "9"}})
    assert answer.status == "INVALID_ARGUMENT"


def test_a_change_on_an_old_etag_is_refused(cloud: LocalCloud) -> None:
    path = cloud.secret("etagged")
    old = cloud.ok("GET", path)["etag"]
    cloud.ok("PATCH", f"{path}?updateMask=labels", {"labels": {"a": "b"}, "etag": old})
    again = cloud.call("PATCH", f"{path}?updateMask=labels", {"labels": {"a": "c"}, "etag": old})
    assert again.status == "FAILED_PRECONDITION"
    assert cloud.ok("GET", path)["labels"] == {"a": "b"}


@pytest.mark.parametrize(("size", "code"), [(0, 400), (65_536, 200), (65_537, 400)])
def test_a_value_has_1_byte_to_64_kib(cloud: LocalCloud, size: int, code: int) -> None:
    path = cloud.secret(f"sized-{size}")
    payload = {"data": base64.b64encode(b"x" * size).decode()}
    assert cloud.call("POST", f"{path}:addVersion", {"payload": payload}).code == code


def test_a_wrong_checksum_adds_no_version(cloud: LocalCloud) -> None:
    path = cloud.secret("summed")
    answer = cloud.call("POST", f"{path}:addVersion", {"payload": {"data": "eA==", "dataCrc32c": "1"}})
    assert answer.status == "INVALID_ARGUMENT"
    assert cloud.ok("GET", f"{path}/versions") == {}


def test_a_secret_cannot_be_read_while_the_agent_has_no_grant_on_its_key(cloud: LocalCloud) -> None:
    key, name, agent = encrypted(cloud, "granted")
    path = cloud.secret("sealed", "value", **automatic(name))
    assert cloud.read(path) == "value"
    cloud.revoke(key, agent)
    refused = cloud.call("GET", f"{path}/versions/latest:access")
    assert (refused.code, refused.status) == (400, "FAILED_PRECONDITION")
    assert "cloudkms.cryptoKeyVersions.useToDecrypt" in refused.message
    added = cloud.call("POST", f"{path}:addVersion", {"payload": {"data": "eA=="}})
    assert added.status == "FAILED_PRECONDITION"
    cloud.grant(key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", agent)
    assert cloud.read(path) == "value"


def test_a_secret_cannot_be_read_while_its_key_version_is_disabled(cloud: LocalCloud) -> None:
    key, name, _ = encrypted(cloud, "switched")
    path = cloud.secret("sealed-switched", "value", **automatic(name))
    version = f"{key}/cryptoKeyVersions/1"
    cloud.ok("PATCH", f"{version}?updateMask=state", {"state": "DISABLED"})
    assert cloud.call("GET", f"{path}/versions/1:access").status == "FAILED_PRECONDITION"
    cloud.ok("PATCH", f"{version}?updateMask=state", {"state": "ENABLED"})
    assert cloud.read(path) == "value"
    cloud.ok("POST", f"{version}:destroy", {})
    assert cloud.call("GET", f"{path}/versions/1:access").status == "FAILED_PRECONDITION"
    cloud.ok("POST", f"{version}:restore", {})
    cloud.ok("PATCH", f"{version}?updateMask=state", {"state": "ENABLED"})
    assert cloud.read(path) == "value"


def test_each_replica_is_sealed_with_the_key_of_its_location(cloud: LocalCloud) -> None:
    names = {location: encrypted(cloud, "replica", location)[1] for location in ("us-east1", "europe-west1")}
    replicas: list[dict[str, Any]] = [
        {"location": location, "customerManagedEncryption": {"kmsKeyName": name}} for location, name in names.items()
    ]
    body: dict[str, Any] = {"replication": {"userManaged": {"replicas": replicas}}}
    path = cloud.secret("replicated", "value", **body)
    status = cloud.ok("GET", f"{path}/versions/1")["replicationStatus"]["userManaged"]["replicas"]
    assert {one["location"] for one in status} == set(names)
    assert all(one["location"] in one["customerManagedEncryption"]["kmsKeyVersionName"] for one in status)
    replicas[0]["customerManagedEncryption"]["kmsKeyName"] = names["europe-west1"]
    answer = cloud.call("POST", f"{SECRETS}?secretId=crossed", body)
    assert answer.status == "INVALID_ARGUMENT"


def test_a_secrets_key_changes_for_versions_to_come(cloud: LocalCloud) -> None:
    (_, first, _), (second_path, second, agent) = encrypted(cloud, "rekey-one"), encrypted(cloud, "rekey-two")
    path = cloud.secret("rekeyed", "one", **automatic(first))
    cloud.ok("PATCH", f"{path}?updateMask=replication", automatic(second))
    cloud.add(path, "two")
    used = [cloud.ok("GET", f"{path}/versions/{number}")["replicationStatus"]["automatic"] for number in (1, 2)]
    names = [one["customerManagedEncryption"]["kmsKeyVersionName"] for one in used]
    assert names == [f"{first}/cryptoKeyVersions/1", f"{second}/cryptoKeyVersions/1"]
    cloud.revoke(second_path, agent)
    assert cloud.read(path, "1") == "one"
    assert cloud.call("GET", f"{path}/versions/2:access").status == "FAILED_PRECONDITION"


def test_automatic_replication_needs_a_global_key(cloud: LocalCloud) -> None:
    _, name, _ = encrypted(cloud, "regional", "us-east1")
    answer = cloud.call("POST", f"{SECRETS}?secretId=mislocated", automatic(name))
    assert answer.status == "INVALID_ARGUMENT"
    assert "keys in location [global]" in answer.message


def test_without_a_service_identity_no_key_can_be_used(own_cloud: LocalCloud) -> None:
    key = own_cloud.key("keys", "unused")
    answer = own_cloud.call("POST", f"{SECRETS}?secretId=early", automatic(key.removeprefix("/v1/")))
    assert answer.status == "FAILED_PRECONDITION"
    assert "service identity for project not found" in answer.message


def test_destruction_waits_for_the_delay_and_can_be_cancelled(own_cloud: LocalCloud) -> None:
    path = own_cloud.secret("delayed", "one", versionDestroyTtl=f"{7 * DAY}s")
    own_cloud.add(path, "two")
    for version in ("1", "2"):
        shown = own_cloud.ok("POST", f"{path}/versions/{version}:destroy", {})
        assert shown["state"] == "DISABLED"
        assert "scheduledDestroyTime" in shown
    own_cloud.ok("POST", f"{path}/versions/2:enable", {})
    own_cloud.advance(8 * DAY)
    assert own_cloud.ok("GET", f"{path}/versions/1")["state"] == "DESTROYED"
    assert own_cloud.read(path, "2") == "two"


def test_a_secret_is_deleted_when_it_expires(own_cloud: LocalCloud) -> None:
    path = own_cloud.secret("brief", "value", ttl=f"{2 * DAY}s")
    own_cloud.advance(DAY)
    assert own_cloud.read(path) == "value"
    own_cloud.advance(2 * DAY)
    assert own_cloud.call("GET", path).status == "NOT_FOUND"


@pytest.mark.parametrize("identifier", ["current", "latest"])
@pytest.mark.parametrize("action", ["disable", "enable", "destroy"])
def test_a_version_is_read_by_alias_and_changed_by_number_only(cloud: LocalCloud, action: str, identifier: str) -> None:
    path = cloud.secret(f"by-number-{action}-{identifier}", "value", versionAliases={})
    cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"current": "1"}})
    assert cloud.read(path, identifier) == "value"
    assert cloud.ok("GET", f"{path}/versions/{identifier}")["name"].endswith("/versions/1")
    assert cloud.call("POST", f"{path}/versions/{identifier}:{action}", {}).status == "INVALID_ARGUMENT"
    assert cloud.ok("GET", f"{path}/versions/1")["state"] == "ENABLED"


@pytest.mark.parametrize("alias", ["latest", "NEW", "1st", "-a", "a.b", "a" * 64, ""])
def test_an_alias_google_would_not_take_is_refused(cloud: LocalCloud, alias: str) -> None:
    path = cloud.secret(f"alias-{abs(hash(alias))}", "value")
    answer = cloud.call("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {alias: "1"}})
    assert answer.status == "INVALID_ARGUMENT"
    assert "versionAliases" not in cloud.ok("GET", path)


def test_a_secret_has_at_most_50_aliases(cloud: LocalCloud) -> None:
    path = cloud.secret("many-aliases", "value")
    for count, code in ((50, 200), (51, 400)):
        aliases = {f"a{number}": "1" for number in range(count)}
        assert cloud.call("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": aliases}).code == code


def test_aliases_move_together_or_not_at_all(cloud: LocalCloud) -> None:
    path = cloud.secret("moved-together", "one")
    cloud.add(path, "two")
    cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {"current": "1", "pending": "2"}})
    moved = {"versionAliases": {"current": "2", "previous": "1"}}
    stale = cloud.ok("GET", path)["etag"]
    cloud.ok("PATCH", f"{path}?updateMask=versionAliases", {**moved, "etag": stale})
    lost = cloud.call("PATCH", f"{path}?updateMask=versionAliases", {"versionAliases": {}, "etag": stale})
    assert lost.status == "FAILED_PRECONDITION"
    assert cloud.ok("GET", path)["versionAliases"] == moved["versionAliases"]


def test_disabling_cancels_a_scheduled_destruction_too(own_cloud: LocalCloud) -> None:
    path = own_cloud.secret("kept", "one", versionDestroyTtl=f"{2 * DAY}s")
    own_cloud.ok("POST", f"{path}/versions/1:destroy", {})
    shown = own_cloud.ok("POST", f"{path}/versions/1:disable", {})
    assert (shown["state"], "scheduledDestroyTime" in shown) == ("DISABLED", False)
    own_cloud.advance(3 * DAY)
    own_cloud.ok("POST", f"{path}/versions/1:enable", {})
    assert own_cloud.read(path, "1") == "one"


def test_every_change_of_a_secret_and_its_versions_is_published(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("told")
    own_cloud.grant(f"/v1/{topic}", "roles/pubsub.publisher", f"serviceAccount:{own_cloud.agent()}")
    own_cloud.ok("PUT", f"/v1/projects/{DEV}/subscriptions/told", {"topic": topic})
    path = own_cloud.secret("told", topics=[{"name": topic}], versionDestroyTtl=f"{DAY}s")
    own_cloud.add(path, "one")
    own_cloud.ok("PATCH", f"{path}?updateMask=labels", {"labels": {"a": "b"}})
    for action in ("disable", "enable", "destroy"):
        own_cloud.ok("POST", f"{path}/versions/1:{action}", {})
    own_cloud.advance(2 * DAY)
    own_cloud.ok("DELETE", path)
    told = [one["message"]["attributes"] for one in own_cloud.pulled("told", 20)]
    assert sorted(one["eventType"] for one in told) == sorted(
        [
            *("SECRET_CREATE", "SECRET_UPDATE", "SECRET_DELETE", "TOPIC_CONFIGURED"),
            *("SECRET_VERSION_ADD", "SECRET_VERSION_DISABLE", "SECRET_VERSION_ENABLE"),
            *("SECRET_VERSION_DESTROY_SCHEDULED", "SECRET_VERSION_DESTROY"),
        ]
    )
    name = f"projects/{NUMBERS[DEV]}/secrets/told"
    about = {one["eventType"]: one for one in told}
    assert about["SECRET_VERSION_ADD"]["versionId"] == f"{name}/versions/1"
    assert about["SECRET_DELETE"]["deleteType"] == "USER_INITIATED"
    assert about["TOPIC_CONFIGURED"] == {"eventType": "TOPIC_CONFIGURED"}


@pytest.mark.parametrize(
    ("rotation", "words"),
    [
        ({"rotationPeriod": "7200s"}, "next_rotation_time must be set"),
        ({"nextRotationTime": 299}, "less than 300s"),
        ({"nextRotationTime": 4_000_000_000}, "100 years"),
        ({"nextRotationTime": 3600, "rotationPeriod": "3599s"}, "at least 3600s"),
        ({"nextRotationTime": 3600, "rotationPeriod": "3153600001s"}, "at most 3153600000s"),
    ],
)
def test_a_rotation_google_would_not_take_is_refused(cloud: LocalCloud, rotation: dict[str, Any], words: str) -> None:
    topic = f"projects/{DEV}/topics/rotation-rules"
    cloud.call("PUT", f"/v1/{topic}", {})
    cloud.grant(f"/v1/{topic}", "roles/pubsub.publisher", f"serviceAccount:{cloud.agent()}")
    given = {name: cloud.timestamp(value) if name == "nextRotationTime" else value for name, value in rotation.items()}
    body = {"replication": {"automatic": {}}, "topics": [{"name": topic}], "rotation": given}
    answer = cloud.call("POST", f"{SECRETS}?secretId=never-rotated", body)
    assert answer.status == "INVALID_ARGUMENT"
    assert words in answer.message


def test_the_next_rotation_may_stay_where_it_is_when_the_period_changes(own_cloud: LocalCloud) -> None:
    topic = own_cloud.topic("period")
    own_cloud.grant(f"/v1/{topic}", "roles/pubsub.publisher", f"serviceAccount:{own_cloud.agent()}")
    rotation = {"nextRotationTime": own_cloud.timestamp(400), "rotationPeriod": "7200s"}
    path = own_cloud.secret("period", topics=[{"name": topic}], rotation=rotation)
    own_cloud.advance(200)
    kept = own_cloud.ok("GET", path)["rotation"]["nextRotationTime"]
    body = {"rotation": {"rotationPeriod": "9000s", "nextRotationTime": kept}}
    assert own_cloud.ok("PATCH", f"{path}?updateMask=rotation", body)["rotation"] == body["rotation"]


@pytest.mark.parametrize("key", ["", "-a", "a-", "a b", "a" * 64])
def test_an_annotation_google_would_not_take_is_refused(cloud: LocalCloud, key: str) -> None:
    body = {"replication": {"automatic": {}}, "annotations": {key: "v"}}
    assert cloud.call("POST", f"{SECRETS}?secretId=annotated", body).status == "INVALID_ARGUMENT"
    body["annotations"] = {"purpose": "x" * 16_384}
    assert "16KiB" in cloud.call("POST", f"{SECRETS}?secretId=annotated", body).message
