import base64
import hashlib
import json
from typing import Any

import pytest
from tests.local_gcp.conftest import DEV, PROD, LocalCloud

BUCKETS = f"/storage/v1/b?project={DEV}"
PUBLIC = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}
PRIVATE = {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": {"enabled": True}}


def bucket(cloud: LocalCloud, name: str, **body: Any) -> str:
    cloud.ok("POST", BUCKETS, {"name": name, "location": "us-east1", **body})
    return f"/storage/v1/b/{name}"


def put(cloud: LocalCloud, name: str, item: str, data: bytes, **more: Any) -> Any:
    return cloud.ok(
        "POST", f"/upload/storage/v1/b/{name}/o?uploadType=media&name={item}", data, kind="text/plain", **more
    )


def test_an_object_is_fetched_as_it_was_put_with_its_checksums(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-fetched")
    put(cloud, "acme-fetched", "a/b.zip", b"123456789")
    shown = cloud.ok("GET", f"{path}/o/a%2Fb.zip")
    assert (shown["name"], shown["size"], shown["metageneration"]) == ("a/b.zip", "9", "1")
    assert base64.b64decode(shown["md5Hash"]) == hashlib.md5(b"123456789", usedforsecurity=False).digest()
    assert shown["crc32c"] == "4waSgw=="
    assert cloud.call("GET", f"{path}/o/a%2Fb.zip?alt=media").body == "123456789"


def test_metadata_and_media_come_in_one_multipart_body(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-multipart")
    about = json.dumps({"name": "both", "metadata": {"k": "v"}})
    parts = (
        f"--x\r\nContent-Type: application/json\r\n\r\n{about}\r\n--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--"
    )
    url = "/upload/storage/v1/b/acme-multipart/o?uploadType=multipart"
    assert cloud.call("POST", url, parts.encode(), kind="multipart/related; boundary=x").code == 200
    shown = cloud.ok("GET", f"{path}/o/both")
    assert (shown["contentType"], shown["metadata"], shown["size"]) == ("text/plain", {"k": "v"}, "2")


def test_a_bucket_with_versions_keeps_what_was_replaced_and_deleted(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-versions", versioning={"enabled": True})
    first = put(cloud, "acme-versions", "item", b"one")
    second = put(cloud, "acme-versions", "item", b"two")
    assert int(second["generation"]) > int(first["generation"])
    cloud.ok("DELETE", f"{path}/o/item")
    assert cloud.call("GET", f"{path}/o/item").code == 404
    assert cloud.ok("GET", f"{path}/o/item?generation={first['generation']}")["size"] == "3"
    assert len(cloud.ok("GET", f"{path}/o?versions=true")["items"]) == 2
    assert cloud.call("DELETE", path).code == 409
    for one in (first, second):
        cloud.ok("DELETE", f"{path}/o/item?generation={one['generation']}")
    cloud.ok("DELETE", path)
    assert cloud.call("GET", path).code == 404


def test_a_bucket_without_versions_keeps_the_last_one_only(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-plain")
    put(cloud, "acme-plain", "item", b"one")
    put(cloud, "acme-plain", "item", b"two")
    assert len(cloud.ok("GET", f"{path}/o?versions=true")["items"]) == 1


def test_a_bucket_that_prevents_public_access_takes_no_public_members(cloud: LocalCloud) -> None:
    closed, opened = bucket(cloud, "acme-closed", iamConfiguration=PRIVATE), bucket(cloud, "acme-opened")
    answer = cloud.call("PUT", f"{closed}/iam", PUBLIC)
    assert answer.code == 412
    assert "public access prevention" in answer.message
    assert cloud.ok("PUT", f"{opened}/iam", PUBLIC)["bindings"] == PUBLIC["bindings"]


def test_a_condition_on_a_bucket_needs_uniform_access_and_sees_object_names(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-conditions")
    email = cloud.account("bucket-reader")
    name = "projects/_/buckets/acme-conditions/objects/open/"
    binding = {
        "role": "roles/storage.objectViewer",
        "members": [f"serviceAccount:{email}"],
        "condition": {"title": "open", "expression": f'resource.name.startsWith("{name}")'},
    }
    policy = {"version": 3, "bindings": [binding]}
    assert cloud.call("PUT", f"{path}/iam", policy).code == 400
    cloud.ok("PATCH", path, {"iamConfiguration": PRIVATE})
    cloud.ok("PUT", f"{path}/iam", policy)
    put(cloud, "acme-conditions", "open/a", b"x")
    put(cloud, "acme-conditions", "shut/a", b"x")
    token = cloud.impersonate(email)
    assert cloud.call("GET", f"{path}/o/open%2Fa", token=token).code == 200
    assert cloud.call("GET", f"{path}/o/shut%2Fa", token=token).code == 403


def test_a_patch_changes_what_it_names_and_null_takes_away(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-patched", labels={"a": "1", "b": "2"}, iamConfiguration=PRIVATE)
    changed = cloud.ok("PATCH", path, {"labels": {"b": None, "c": "3"}, "versioning": {"enabled": True}})
    assert changed["labels"] == {"a": "1", "c": "3"}
    assert changed["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert (changed["metageneration"], changed["location"]) == ("2", "US-EAST1")


@pytest.mark.parametrize(
    ("http", "path", "body", "code", "reason"),
    [
        ("POST", BUCKETS, {"name": "acme-shape"}, 409, "conflict"),
        ("POST", BUCKETS, {"name": "NO"}, 400, "invalid"),
        ("POST", BUCKETS, {}, 400, "invalid"),
        ("GET", "/storage/v1/b/acme-nowhere", None, 404, "notFound"),
        ("GET", "/storage/v1/b/acme-shape/o/nothing", None, 404, "notFound"),
        ("PATCH", "/storage/v1/b/acme-shape?ifMetagenerationMatch=9", {}, 412, "conditionNotMet"),
        ("PATCH", "/storage/v1/b/acme-shape", {"location": "EU"}, 400, "invalid"),
        ("POST", "/upload/storage/v1/b/acme-shape/o?name=a&ifGenerationMatch=9", b"x", 412, "conditionNotMet"),
        ("POST", "/upload/storage/v1/b/acme-nowhere/o?name=a", b"x", 404, "notFound"),
    ],
)
def test_a_wrong_call_is_answered_in_storages_own_shape(
    cloud: LocalCloud, http: str, path: str, body: Any, code: int, reason: str
) -> None:
    if cloud.call("GET", "/storage/v1/b/acme-shape").code == 404:
        bucket(cloud, "acme-shape")
    answer = cloud.call(http, path, body)
    assert answer.code == code, answer.body
    error = answer.body["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (code, reason)
    assert "status" not in error


def test_a_bucket_of_another_project_is_refused(cloud: LocalCloud) -> None:
    path = bucket(cloud, "acme-foreign")
    answer = cloud.call("GET", path, project=PROD)
    assert (answer.code, answer.body["error"]["errors"][0]["reason"]) == (403, "forbidden")
    assert "storage.buckets.get" in answer.message
